"""The facts that comments tell on their subject's stream; `ref_id` is the comment's id."""

COMMENT_ADDED = "comment_added"
COMMENT_CHANGED = "comment_changed"
COMMENT_GONE = "comment_gone"
