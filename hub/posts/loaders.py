from hub.clubs.tables import clubs
from hub.posts.tables import post_authors, post_clubs, posts
from hub.store.loaders import Loader, Via
from hub.users.tables import users

_LISTED = "{t}.status in ('PUBLISHED', 'CLOSED', 'ARCHIVED') and {over}.visibility <> 'UNLISTED'"

post_by_id = Loader(posts, "id")
post_by_slug = Loader(posts, "slug")
posts_listed = Loader(
    posts,
    None,
    many=True,
    where=_LISTED,
    order=("-listed_at", "-id"),
    args={
        "kinds": "{t}.kind {in_text arg_kinds}",
        "published_since": "{t}.published_at >= {as_instant arg_published_since}",
        "club_id": "exists (select 1 from post_clubs pc where pc.post_id = {t}.id"
        " and pc.club_id = {as_id arg_club_id})",
    },
)
posts_of_club = Loader(
    posts,
    "club_id",
    many=True,
    where=_LISTED,
    order=("-listed_at", "-post_id"),
    via=Via(post_clubs, "club_id", "post_id"),
)
authors_of_post = Loader(
    users, "post_id", many=True, order=("position", "id"), via=Via(post_authors, "post_id", "user_id")
)
clubs_of_post = Loader(clubs, "post_id", many=True, order=("position", "id"), via=Via(post_clubs, "post_id", "club_id"))
