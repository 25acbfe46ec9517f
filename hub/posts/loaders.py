from hub.clubs.tables import clubs
from hub.posts.tables import (
    post_authors,
    post_clubs,
    post_responses,
    post_revisions,
    post_translations,
    post_updates,
    posts,
    topics,
)
from hub.store.loaders import Loader, Via
from hub.users.tables import users

_LISTED = "{t}.status in ('PUBLISHED', 'CLOSED', 'ARCHIVED') and {over}.visibility <> 'UNLISTED'"
# An announcement whose end has come has nothing more to say.
_CURRENT = "not ({t}.kind = 'ANNOUNCEMENT' and {over}.closes_at is not null and {over}.closes_at <= {now})"
# What addresses clubs is for their members; who belongs to none sees what goes on in all.
_FOR_VIEWER = """(not exists (select 1 from {any clubs})
    or not exists (select 1 from post_clubs pc where pc.post_id = {t}.id)
    or exists (select 1 from post_clubs pc where pc.post_id = {t}.id and pc.club_id {in clubs}))"""

_ABOUT_REGION = "{as_text arg_region} in (select {texts_of}({t}.regions))"

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
        "topic_id": "{t}.topic_id = {as_id arg_topic_id}",
        "region": _ABOUT_REGION,
        "tags": "not exists (select 1 from {any_text arg_tags}"
        " where arg_tags.value not in (select {texts_of}({t}.tags)))",
    },
)
posts_by_id = Loader(posts, None, many=True, where=_LISTED, order=("id",))
posts_at_home = Loader(
    posts,
    None,
    many=True,
    where=f"{_LISTED} and {_CURRENT} and {_FOR_VIEWER}",
    order=("-prominence", "-listed_at", "-id"),
    args={"region": f"(not exists (select {{texts_of}}({{t}}.regions)) or {_ABOUT_REGION})"},
)
posts_of_club = Loader(
    posts,
    "club_id",
    many=True,
    where=_LISTED,
    order=("-listed_at", "-post_id"),
    via=Via(post_clubs, "club_id", "post_id"),
)
posts_of_topic = Loader(posts, "topic_id", many=True, where=_LISTED, order=("-listed_at", "-id"))
authors_of_post = Loader(
    users, "post_id", many=True, order=("position", "id"), via=Via(post_authors, "post_id", "user_id")
)
clubs_of_post = Loader(clubs, "post_id", many=True, order=("position", "id"), via=Via(post_clubs, "post_id", "club_id"))

topic_by_id = Loader(topics, "id")
topic_by_slug = Loader(topics, "slug")
topics_by_name = Loader(topics, None, many=True, order=("name", "id"))
translations_of_post = Loader(post_translations, "post_id", many=True, order=("locale",))
update_by_id = Loader(post_updates, "id")
updates_of_post = Loader(post_updates, "post_id", many=True, order=("-published_at", "-id"))
response_by_id = Loader(post_responses, "id")
responses_of_post = Loader(post_responses, "post_id", many=True, order=("-published_at", "-id"))
revision_by_id = Loader(post_revisions, "id")
revisions_of_post = Loader(post_revisions, "post_id", many=True, order=("-version",))
