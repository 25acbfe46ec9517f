from hub.comments.models import CommentRow, ReactionRow, ReactionTallyRow
from hub.comments.rules import shows_body, visible_comments
from hub.store.audience import Standing
from hub.store.tables import Derived, Table, fill
from hub.subjects.tables import TALK, subjects
from hub.users.rules import has_blocked


def _shown_author(standing: Standing) -> str:
    return f"case when {shows_body(standing)} then {{t}}.author_id end"


def _folded(standing: Standing) -> str:
    return f"case when {has_blocked(standing, '{t}.author_id')} then 'BLOCKED' end"


def _of_subject(sql: str) -> str:
    return f"(select {fill(sql, 'ps')} from subjects ps where ps.id = {{t}}.subject_id)"


_MINE = "from reactions r where r.target_id = {t}.target_id and r.kind = {t}.kind and r.user_id = :viewer"

comments = Table(
    CommentRow,
    "Comment",
    visible=visible_comments,
    within={"subject_id": subjects},
    derived={
        "shows_body": Derived(shows_body, "bool"),
        "shown_author_id": Derived(_shown_author, "id", null=True),
        "folded": Derived(_folded, "text", null=True),
        # Of the place that it was written in, under the names that the rules know from subjects.
        "talk": Derived(_of_subject(TALK), "text"),
        "club_id": Derived(_of_subject("{t}.club_id"), "id", null=True),
    },
)
reactions = Table(ReactionRow, "")
# Whoever reaches a tally came through its target; a tally alone cannot be looked up.
reaction_tallies = Table(
    ReactionTallyRow, "ReactionTally", derived={"viewer_reacted": Derived(f"exists (select 1 {_MINE})", "bool")}
)
