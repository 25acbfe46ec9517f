"""What posts tell: facts on their own stream, whose `ref_id` is the post's id, and a job for its times."""

from dataclasses import dataclass
from datetime import datetime

from hub.jobs.kinds import Kind, Priority

POST_PUBLISHED = "post_published"
POST_UPDATED = "post_updated"
"""A word on how it goes on was appended, or an official response."""


@dataclass(frozen=True)
class PostDue:
    """A time that was set for a post: to go public or to end. What is so then, its row says."""

    post_id: int


POSTS_DUE = Kind("posts.due", PostDue, priority=Priority.URGENT)


def timer(post_id: int, at: datetime) -> dict[str, object]:
    """A job at that time; each time that is ever set has its own, since a waiting one is never moved."""
    return POSTS_DUE.job(PostDue(post_id), key=f"{post_id}:{at.isoformat()}", run_at=at)
