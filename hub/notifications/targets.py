"""What can be followed, and what an entry of an inbox is about."""

from hub.clubs.loaders import club_by_id
from hub.comments.loaders import comment_by_id
from hub.events.loaders import event_by_id
from hub.forum.loaders import category_by_id, thread_by_id
from hub.posts.loaders import post_by_id
from hub.users.loaders import sanction_by_id, user_by_id

BY_KIND = {
    "USER": user_by_id,
    "CATEGORY": category_by_id,
    "THREAD": thread_by_id,
    "POST": post_by_id,
    "CLUB": club_by_id,
    "EVENT": event_by_id,
}
ABOUT = {kind: BY_KIND[kind] for kind in ("CATEGORY", "THREAD", "POST", "EVENT", "CLUB")} | {
    "COMMENT": comment_by_id,
    "SANCTION": sanction_by_id,
}
