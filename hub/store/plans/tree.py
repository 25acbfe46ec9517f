"""What an answer is made of: a tree over rows, in the order of its keys.

Values hang on the columns of a row, edges lead to other rows by a loader. Arguments are not in the tree: an edge or
value that has some names its *call* by number, and how call n was made is a `Choice` (which loader, a page of what
shape, which filters), so that one tree serves all requests and one statement all requests of the same choices.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from hub.store.formulas import Formula
from hub.store.loaders import Loader, Shape
from hub.store.sql import Kind


@dataclass(frozen=True, eq=False)
class Constant:
    """Finished JSON."""

    json: str


@dataclass(frozen=True, eq=False)
class Clock:
    """The time of the operation."""


@dataclass(frozen=True, eq=False)
class Scalar:
    """A column. `null`: it may be shown as null; `sure`: it never holds NULL; `names`: the values of an enum."""

    column: str
    kind: Kind
    null: bool
    sure: bool = False
    names: tuple[str, ...] | None = None


@dataclass(frozen=True, eq=False)
class GlobalId:
    noun: str


@dataclass(frozen=True, eq=False)
class Computed:
    """A function of settings, columns and arguments; `given` are the settings, `call` has the arguments.

    With `sees_viewer` the viewer is its first value; such a function has no formula.
    """

    function: Callable[..., Any]
    formula: Formula | None
    given: tuple[Any, ...]
    inputs: tuple[tuple[str, Kind], ...]
    arguments: tuple[tuple[str, Kind], ...]
    call: int | None
    kind: Kind
    null: bool
    names: tuple[str, ...] | None = None
    sees_viewer: bool = False


@dataclass(frozen=True, eq=False)
class Object:
    """Fields over one row; null when the column `when` is null or false."""

    fields: tuple[tuple[str, "Node"], ...]
    when: tuple[str, Kind] | None = None


@dataclass(frozen=True, eq=False)
class One:
    """The row that a column points at."""

    loader: Loader
    key: str
    object: Object
    null: bool


@dataclass(frozen=True, eq=False)
class Either:
    """The row of one of several tables; `tag` is the column that says which."""

    tag: str
    key: str
    options: Mapping[str, tuple[Loader, Object]]
    null: bool


@dataclass(frozen=True, eq=False)
class Lookup:
    """The row of a key that a call gives, by one of several loaders."""

    call: int
    options: Mapping[Loader, Object]
    null: bool


@dataclass(frozen=True, eq=False)
class Listing:
    """All rows of a key, `most` at the most; the first of them where a call says how many."""

    loader: Loader
    key: str | None
    most: int
    object: Object
    call: int | None = None


@dataclass(frozen=True, eq=False)
class Nodes:
    object: Object


@dataclass(frozen=True, eq=False)
class Edges:
    """`None` stands for the cursor."""

    fields: tuple[tuple[str, "Object | Constant | None"], ...]


@dataclass(frozen=True, eq=False)
class PageFact:
    what: Literal["has_next", "has_previous", "start", "end"]


@dataclass(frozen=True, eq=False)
class PageInfo:
    fields: tuple[tuple[str, "PageFact | Constant"], ...]


@dataclass(frozen=True, eq=False)
class Total:
    """A count on the row above; null where a filter leaves some out."""

    object: Object | None


@dataclass(frozen=True, eq=False)
class Connection:
    """A page of rows."""

    call: int
    key: str | None
    fields: tuple[tuple[str, "PagePart"], ...]


Value: TypeAlias = Constant | Clock | Scalar | GlobalId | Computed
Node: TypeAlias = Value | Object | One | Either | Lookup | Listing | Connection
PagePart: TypeAlias = Nodes | Edges | PageInfo | Total | Value


@dataclass(frozen=True)
class PageChoice:
    """`size` is None where it is a parameter."""

    loader: Loader
    shape: Shape
    size: int | None


@dataclass(frozen=True)
class RowChoice:
    loader: Loader


Choice: TypeAlias = PageChoice | RowChoice | None


def columns_of(node: Node | PagePart | None) -> tuple[str, ...]:
    """The columns that a node needs of the row that it hangs on, in order, each once."""
    return tuple(dict.fromkeys(_columns(node)))


def _columns(node: Node | PagePart | None) -> list[str]:
    match node:
        case Scalar():
            return [node.column]
        case GlobalId():
            return ["id"]
        case Computed():
            return [name for name, _ in node.inputs]
        case Object():
            own = [node.when[0]] if node.when else []
            return own + [name for _, child in node.fields for name in _columns(child)]
        case One():
            return [node.key]
        case Either():
            return [node.tag, node.key]
        case Listing():
            return [node.key] if node.key else []
        case Connection():
            above = [name for _, part in node.fields if not isinstance(part, (Nodes, Edges)) for name in _columns(part)]
            return ([node.key] if node.key else []) + above
        case Total():
            return _columns(node.object)
        case _:
            return []
