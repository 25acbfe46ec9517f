"""Pure functions of columns, said once more as SQL, so that a page which shows them stays one statement.

A field is `computed` by a Python function. A Formula beside it is the same for PostgreSQL; SQLite runs in process
and calls the Python function itself. `{0}`, `{1}`, … stand for the function's values in their order. Each is held
to its Python function by a property test.
"""

from dataclasses import dataclass

from hub.store.sql import Kind

_LONGEST_EXCERPT = 500


@dataclass(frozen=True)
class Formula:
    """`null`: whether None may come out of values that are all there."""

    sql: str
    kind: Kind = "text"
    null: bool = False


def address(path: str) -> Formula:
    """Of (site, slug)."""
    return Formula(f"{{0}} || '{path}' || {{1}}")


_ROOM = f"greatest(1, least({{1}}, {_LONGEST_EXCERPT}))"
_KEPT = f"left({{0}}, {_ROOM} - 1)"

# Of (text, characters). The text has no white space but single spaces: the renderer sees to it.
EXCERPT = Formula(
    f"case when length({{0}}) <= {_ROOM} then {{0}} else left(rtrim(case when substr({{0}}, {_ROOM}, 1) = ' '"
    f" then {_KEPT} else coalesce(nullif(substring({_KEPT} from '^(.*) '), ''), {_KEPT}) end) || '…', {_ROOM}) end"
)

# Of (seconds, time, status).
EDITABLE_UNTIL = Formula(
    "case when {2} = 'PUBLISHED' and {0} > 0 then {1} + {0} * interval '1 second' end", "instant", null=True
)

# Of (stream, epoch, number): three 64-bit numbers, packed.
LIVE_CURSOR = Formula(
    "translate(encode(int8send({0}) || int8send({1}) || int8send({2}), 'base64'), '+/', '-_')",
)
