"""What a field can be declared as. `fields.py` has the functions that types use; nothing else makes these.

A declaration says which joins it may use and which columns of its own row it needs, so that a plan can be made of
it, and gives the resolver for execution field by field.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

from hub.graph.ids import to_global
from hub.graph.paging import Pick
from hub.refusals import AccessRefusal, ErrorCode, Refusal
from hub.settings import Settings
from hub.store.audience import Fact, Standing, Viewer
from hub.store.formulas import Formula
from hub.store.loaders import Loader, Page

Resolve = Callable[..., Any]
Rule = Callable[[Viewer, Mapping[str, Any], Settings], object]
Find = Callable[[Mapping[str, Any]], tuple[Loader, Any]]
PagePart = Literal["nodes", "edges", "total", "above", "has_next", "has_previous", "start", "end"]
LISTING_LIMIT = 100


class Declaration:
    @property
    def loaders(self) -> tuple[Loader, ...]:
        """The joins that it may use."""
        return ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it needs of its own row, beside one named like the field."""
        return ()

    @property
    def reads(self) -> frozenset[Fact]:
        """The facts of the viewer that it reads by itself."""
        return frozenset()

    def resolver(self, name: str) -> Resolve | None:
        """A resolver (row, info, arguments) for the field `name`; None where the field's own one stays."""
        raise NotImplementedError

    def facts(self, standing: Standing) -> set[Fact]:
        """The facts of the viewer that it and its joins depend on."""
        return set[Fact](self.reads).union(*(loader.facts(standing) for loader in self.loaders))


@dataclass(frozen=True)
class Column(Declaration):
    name: str | None

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.name,) if self.name else ()

    def resolver(self, name: str) -> Resolve:
        key = self.name or name

        def resolve(row: Any, _info: Any) -> Any:
            return row[key]

        return resolve


@dataclass(frozen=True)
class GlobalId(Declaration):
    noun: str

    @property
    def columns(self) -> tuple[str, ...]:
        return ("id",)

    def resolver(self, name: str) -> Resolve:
        def resolve(row: Any, _info: Any) -> str:
            return to_global(self.noun, row["id"])

        return resolve


@dataclass(frozen=True)
class One(Declaration):
    """The row that a key points at."""

    loader: Loader
    key: str

    @property
    def loaders(self) -> tuple[Loader, ...]:
        return (self.loader,)

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.key,)

    def resolver(self, name: str) -> Resolve:
        def resolve(row: Any, info: Any) -> Any:
            return info.context.reader.one(self.loader, row[self.key])

        return resolve


@dataclass(frozen=True)
class Either(Declaration):
    """The row of one of several tables: `tag` names the column that says which."""

    options: Mapping[str, Loader]
    tag: str
    key: str

    @property
    def loaders(self) -> tuple[Loader, ...]:
        return tuple(self.options.values())

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.tag, self.key)

    def resolver(self, name: str) -> Resolve:
        def resolve(row: Any, info: Any) -> Any:
            if row[self.key] is None:
                return None
            return info.context.reader.one(self.options[row[self.tag]], row[self.key])

        return resolve


@dataclass(frozen=True)
class Part(Declaration):
    """An object over the same row; null when the column `when` is null or false."""

    when: str | None

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.when,) if self.when else ()

    def resolver(self, name: str) -> Resolve:
        def resolve(row: Any, _info: Any) -> Any:
            return row if self.when is None or row[self.when] not in {None, False} else None

        return resolve


@dataclass(frozen=True)
class Computed(Declaration):
    """A pure, cheap function of a setting, of named columns and of the field's arguments: no clock, no I/O.

    `formula` says the same for the database.
    """

    function: Callable[..., Any]
    needs: tuple[str, ...]
    setting: str | None = None
    formula: Formula | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        return self.needs

    def resolver(self, name: str) -> Resolve:
        def resolve(row: Any, info: Any, **arguments: Any) -> Any:
            settings = (getattr(info.context.settings, self.setting),) if self.setting else ()
            return self.function(*settings, *(row[column] for column in self.needs), **arguments)

        return resolve


@dataclass(frozen=True)
class OfPage(Computed):
    """A part of a page, computed for execution from the page's rows; `what` tells a plan which part.

    `above`: the columns of the row that the page hangs on from which `formula` makes it.
    """

    what: PagePart = "nodes"
    above: tuple[str, ...] = ()
    of_above: Callable[..., Any] | None = None


@dataclass(frozen=True)
class Judged(Declaration):
    """What the viewer may do with the row: for each ability the rule that also refuses the deed itself.

    A rule gets the viewer, the columns that are named, and the settings; it reads nothing else.
    """

    rules: Mapping[str, Rule]
    needs: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return self.needs

    @property
    def reads(self) -> frozenset[Fact]:
        return frozenset(Fact)

    def resolver(self, name: str) -> Resolve:
        def resolve(row: Any, info: Any, abilities: list[Enum]) -> list[dict[str, Any]]:
            context = info.context
            return [self.judged(context.viewer, row, context.settings, one.name) for one in dict.fromkeys(abilities)]

        return resolve

    def judged(self, viewer: Viewer, row: Mapping[str, Any], settings: Settings, ability: str) -> dict[str, Any]:
        state: dict[str, Any] = {"ability": ability, "allowed": True, "reason": None, "retry_at": None}
        try:
            self._rule(ability)(viewer, row, settings)
        except Refusal as refusal:
            until = refusal.until if isinstance(refusal, AccessRefusal) else None
            state.update(allowed=False, reason=refusal.code.name, retry_at=until)
        return state

    def _rule(self, ability: str) -> Rule:
        rule = self.rules.get(ability)
        if rule is None:
            raise Refusal(
                ErrorCode.INVALID, "Nobody can do this with things of this kind: ask for abilities that belong to them."
            )
        return rule


@dataclass(frozen=True)
class Made(Declaration):
    """An object of its own small type: its fields are columns of this row under other names, and constants."""

    names: Mapping[str, str]
    constants: Mapping[str, Any]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.names.values())

    def resolver(self, name: str) -> Resolve:
        def resolve(row: Any, _info: Any) -> Any:
            return self.of(row)

        return resolve

    def of(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return {**{field: row[column] for field, column in self.names.items()}, **self.constants}


@dataclass(frozen=True)
class Clock(Declaration):
    """The time of the operation, unless the small object has one of its own."""

    def resolver(self, name: str) -> Resolve:
        def resolve(row: Any, info: Any) -> Any:
            return row.get(name, info.context.now)

        return resolve


@dataclass(frozen=True)
class Lookup(Declaration):
    """One row, by a key in the field's own arguments: `find` gives loader and key, and reads nothing else."""

    find: Find
    choices: tuple[Loader, ...]

    @property
    def loaders(self) -> tuple[Loader, ...]:
        return self.choices

    def resolver(self, name: str) -> None:
        return None


@dataclass(frozen=True)
class Listing(Declaration):
    """All rows of a key, or all there are, at most `LISTING_LIMIT`: a maximum that is kept on write."""

    loader: Loader
    key: str | None

    @property
    def loaders(self) -> tuple[Loader, ...]:
        return (self.loader,)

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.key,) if self.key else ()

    def resolver(self, name: str) -> Resolve:
        page = Page(LISTING_LIMIT)

        async def resolve(row: Any, info: Any) -> Any:
            key = row[self.key] if self.key else None
            return (await info.context.reader.many(self.loader, key, page)).rows

        return resolve


@dataclass(frozen=True)
class Connected(Declaration):
    """A page of rows. `pick` chooses loader and filters by the field's own arguments, and nothing else."""

    pick: Pick
    key: str | None
    total: str | None
    choices: tuple[Loader, ...]

    @property
    def loaders(self) -> tuple[Loader, ...]:
        return self.choices

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(name for name in (self.key, self.total) if name)

    def resolver(self, name: str) -> None:
        return None


@dataclass(frozen=True)
class Leading(Connected):
    """The first rows of what would be a page, as many as `first` says, as a plain list."""
