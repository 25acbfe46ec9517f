"""What comments tell: facts on their subject's stream, whose `ref_id` is the comment's id, and a job for the rest."""

from dataclasses import dataclass

from hub.jobs.kinds import Kind

COMMENT_ADDED = "comment_added"
COMMENT_CHANGED = "comment_changed"
COMMENT_GONE = "comment_gone"

TOLD_TOGETHER = 200
"""Comments of one job, at most."""


@dataclass(frozen=True)
class Written:
    """Comments that were written together on one subject."""

    subject_id: int
    comment_ids: list[int]


COMMENTS_WRITTEN = Kind("comments.written", Written)
"""Who is concerned is worked out by whoever takes this job, never by the one who writes."""
