"""In a plan's statement a list is not judged again for lying within a row that the statement judged; else it is."""

import pytest

from hub.actions.tables import tallies
from hub.comments.tables import comments
from hub.forum.tables import threads
from hub.store.audience import Standing
from hub.store.loaders import Loader, Shape
from hub.store.plans.statement import write
from hub.store.plans.tree import Connection, Listing, Lookup, Node, Nodes, Object, PageChoice, RowChoice, Scalar
from hub.store.tables import Table
from hub.users.tables import users

_NUMBER = Object((("number", Scalar("number", "int", null=False)),))
_OF_SUBJECT = Loader(comments, "subject_id", many=True, order=("number",))
_OF_AUTHOR = Loader(comments, "author_id", many=True, order=("number",))
_SHAPE = Shape(0, 0, backward=False, args=frozenset())


def below(table: Table, lists: Loader, *, page: bool) -> str:
    """The statement of a row with its comments."""
    found = Loader(table, "id")
    row = RowChoice(found)
    child: Node = Connection(1, "id", (("nodes", Nodes(_NUMBER)),)) if page else Listing(lists, "id", 10, _NUMBER)
    root = Lookup(0, {found: Object((("comments", child),))}, null=True)
    choices = (row, PageChoice(lists, _SHAPE, 10)) if page else (row,)
    return write(root, choices, Standing.MEMBER, "postgres").prepared.text


@pytest.mark.parametrize("page", [True, False])
@pytest.mark.parametrize(
    ("table", "lists", "again"),
    [
        (threads, _OF_SUBJECT, False),
        (tallies, _OF_SUBJECT, True),  # shares the id, but not the sight
        (users, _OF_AUTHOR, True),
    ],
)
def test_a_place_is_judged_once(table: Table, lists: Loader, again: bool, page: bool) -> None:
    assert ("from subjects t2w where" in below(table, lists, page=page)) is again
