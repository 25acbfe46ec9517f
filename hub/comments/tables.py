from hub.comments.models import CommentRow, ReactionRow, ReactionTallyRow
from hub.comments.rules import shows_body, visible_comments
from hub.store.audience import Standing
from hub.store.tables import Derived, Table


def _shown_author(standing: Standing) -> str:
    return f"case when {shows_body(standing)} then {{t}}.author_id end"


_MINE = "from reactions r where r.target_id = {t}.target_id and r.kind = {t}.kind and r.user_id = :viewer"

comments = Table(
    CommentRow,
    "Comment",
    visible=visible_comments,
    derived={
        "shows_body": Derived(shows_body, "bool"),
        "shown_author_id": Derived(_shown_author, "id", null=True),
    },
)
reactions = Table(ReactionRow, "")
# Whoever reaches a tally came through its target; a tally alone cannot be looked up.
reaction_tallies = Table(
    ReactionTallyRow, "ReactionTally", derived={"viewer_reacted": Derived(f"exists (select 1 {_MINE})", "bool")}
)
