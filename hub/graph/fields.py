"""Declarations: where a field's value comes from, in one line.

`column` a column of the row · `one` the row that a key points at · `connection` a page of rows · `listing` a
short list with a fixed maximum · `part` an object over the same row · `computed` a pure function of columns ·
`either` the row of one of several tables · `setting` a limit of the house.

From these come resolvers, `@cost`, `@scope` and `@cacheHint`, the cost of a document, and the facts of the viewer
that a selection reads. `bind` puts their resolvers into the built schema in place of Strawberry's wrappers.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import strawberry
from graphql import GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema
from strawberry.types.field import StrawberryField

from hub.graph.directives import ApiScope, CacheHint, Cost, Scope
from hub.graph.ids import to_global
from hub.graph.paging import Pick, to_page
from hub.store.audience import Fact, Standing
from hub.store.loaders import Loader, Page

DECLARED = "declared"
LISTING_LIMIT = 100


class Declaration(Protocol):
    """A field's source. `loaders` are the joins that it may use, `columns` what it needs of its own row."""

    @property
    def loaders(self) -> tuple[Loader, ...]: ...
    @property
    def columns(self) -> tuple[str, ...]: ...
    def resolver(self, name: str) -> Callable[..., Any] | None:
        """A resolver (row, info) that takes no arguments, or None to keep the generic one."""
        ...


def facts_of(declaration: Declaration, standing: Standing) -> set[Fact]:
    """The facts of the viewer that reading this field depends on."""
    return set[Fact]().union(*(loader.facts(standing) for loader in declaration.loaders))


@dataclass(frozen=True)
class Column:
    name: str | None
    loaders: tuple[Loader, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.name,) if self.name else ()

    def resolver(self, name: str) -> Callable[..., Any]:
        key = self.name or name
        return lambda row, _info: row[key]


@dataclass(frozen=True)
class GlobalId:
    noun: str
    loaders: tuple[Loader, ...] = ()
    columns: tuple[str, ...] = ("id",)

    def resolver(self, _name: str) -> Callable[..., Any]:
        noun = self.noun
        return lambda row, _info: to_global(noun, row["id"])


@dataclass(frozen=True)
class One:
    loader: Loader
    key: str

    @property
    def loaders(self) -> tuple[Loader, ...]:
        return (self.loader,)

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.key,)

    def resolver(self, _name: str) -> Callable[..., Any]:
        loader, key = self.loader, self.key
        return lambda row, info: info.context.reader.one(loader, row[key])


@dataclass(frozen=True)
class Either:
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

    def resolver(self, _name: str) -> Callable[..., Any]:
        def resolve(row: Any, info: GraphQLResolveInfo) -> Any:
            if row[self.key] is None:
                return None
            return info.context.reader.one(self.options[row[self.tag]], row[self.key])

        return resolve


@dataclass(frozen=True)
class Part:
    """An object over the same row; null when the column `when` is null or false."""

    when: str | None
    loaders: tuple[Loader, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.when,) if self.when else ()

    def resolver(self, _name: str) -> Callable[..., Any]:
        when = self.when
        if when is None:
            return lambda row, _info: row
        return lambda row, _info: row if row[when] not in {None, False} else None


@dataclass(frozen=True)
class Computed:
    """A pure, cheap function of the named columns: no clock, no I/O."""

    function: Callable[..., Any]
    columns: tuple[str, ...]
    loaders: tuple[Loader, ...] = ()

    def resolver(self, _name: str) -> Callable[..., Any]:
        function, columns = self.function, self.columns
        return lambda row, _info, **arguments: function(*(row[name] for name in columns), **arguments)


@dataclass(frozen=True)
class FromSetting:
    """A function of the settings and of columns."""

    function: Callable[..., Any]
    columns: tuple[str, ...] = ()
    loaders: tuple[Loader, ...] = ()

    def resolver(self, _name: str) -> Callable[..., Any]:
        function, columns = self.function, self.columns
        return lambda row, info: function(info.context.settings, *(row[name] for name in columns))


@dataclass(frozen=True)
class Listing:
    """All rows of a key, at most `LISTING_LIMIT`: a maximum that is kept on write."""

    loader: Loader
    key: str

    @property
    def loaders(self) -> tuple[Loader, ...]:
        return (self.loader,)

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.key,)

    def resolver(self, _name: str) -> Callable[..., Any]:
        loader, key, page = self.loader, self.key, Page(LISTING_LIMIT)

        async def resolve(row: Any, info: GraphQLResolveInfo) -> Any:
            return (await info.context.reader.many(loader, row[key], page)).rows

        return resolve


@dataclass(frozen=True)
class Connected:
    """A page of rows. `pick` chooses loader and filters by the field's own arguments, and nothing else."""

    pick: Pick
    key: str | None
    total: str | None
    loaders: tuple[Loader, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(name for name in (self.key, self.total) if name)

    def resolver(self, _name: str) -> None:
        return None


def column(name: str | None = None, *, description: str, **shown: Any) -> Any:
    """A column, by default the one with the field's own name."""
    return _field(Column(name), description, **shown)


def global_id(noun: str) -> Any:
    return _field(GlobalId(noun), "Opaque id, unique over all nouns.")


def one(loader: Loader, key: str, *, description: str, **shown: Any) -> Any:
    return _field(One(loader, key), description, **shown)


def either(options: Mapping[str, Loader], *, tag: str, key: str, description: str, **shown: Any) -> Any:
    return _field(Either(options, tag, key), description, **shown)


def part(*, when: str | None = None, description: str, **shown: Any) -> Any:
    return _field(Part(when), description, **shown)


def computed(function: Callable[..., Any], *columns: str, description: str, **shown: Any) -> Any:
    """`function` gets the columns, then the field's own arguments as its further parameters declare them."""
    return _field(Computed(function, columns), description, signature=_own_arguments(function, len(columns)), **shown)


def setting(function: Callable[..., Any], *columns: str, description: str, **shown: Any) -> Any:
    return _field(FromSetting(function, columns), description, **shown)


def listing(loader: Loader, key: str, *, description: str, **shown: Any) -> Any:
    return _field(Listing(loader, key), description, **shown)


def connection(
    source: Loader | Pick,
    key: str | None = "id",
    *,
    arguments: Callable[..., Any],
    description: str,
    total: str | None = None,
    loaders: Sequence[Loader] = (),
    cost: int = 2,
    **shown: Any,
) -> Any:
    """`arguments` is a function whose parameters are the field's; `total` a column of the row that counts all."""
    if isinstance(source, Loader):
        declaration = Connected(lambda _arguments: (source, {}), key, total, (source,))
    else:
        declaration = Connected(source, key, total, tuple(loaders))

    async def resolve(root: Any, info: strawberry.Info[Any, None], **given: Any) -> Any:
        loader, filters = declaration.pick(given)
        page = to_page(loader, given, info.context.settings.page_size)
        rows = await info.context.reader.many(loader, root[key] if key else None, page, filters)
        return {"rows": rows, "loader": loader, "total": root[total] if total else None, "of": root}

    _take_signature(resolve, arguments)
    names = [name for name in ("first", "last") if name in inspect.signature(arguments).parameters]
    return _field(declaration, description, resolver=resolve, cost=cost, multipliers=names, **shown)


def _field(
    declaration: Declaration,
    description: str,
    *,
    resolver: Callable[..., Any] | None = None,
    signature: Callable[..., Any] | None = None,
    cost: int | None = None,
    multipliers: list[str] | None = None,
    scope: ApiScope | None = None,
    cache: int | None = None,
    deprecation_reason: str | None = None,
) -> Any:
    return strawberry.field(
        resolver=resolver or signature,
        description=description,
        metadata={DECLARED: declaration},
        directives=shown_directives(cost=cost, multipliers=multipliers, scope=scope, cache=cache),
        deprecation_reason=deprecation_reason,
    )


def shown_directives(
    *,
    cost: int | None = None,
    multipliers: list[str] | None = None,
    scope: ApiScope | None = None,
    cache: int | None = None,
) -> list[object]:
    shown: list[object] = []
    if cost is not None:
        shown.append(Cost(weight=cost, multipliers=multipliers or None))
    if scope is not None:
        shown.append(Scope(requires=[scope]))
    if cache is not None:
        shown.append(CacheHint(max_age=cache))
    return shown


def _own_arguments(function: Callable[..., Any], taken: int) -> Callable[..., Any] | None:
    """A function with only those parameters of `function` that are the field's arguments, or None."""
    signature = inspect.signature(function)
    own = list(signature.parameters.values())[taken:]
    if not own:
        return None

    def stub(**_arguments: Any) -> Any:
        raise AssertionError("bound at start")

    stub.__signature__ = signature.replace(parameters=[p.replace(kind=p.KEYWORD_ONLY) for p in own])  # pyright: ignore[reportFunctionMemberAccess]
    stub.__annotations__ = {p.name: p.annotation for p in own}
    return stub


def _take_signature(resolve: Callable[..., Any], arguments: Callable[..., Any]) -> None:
    own = inspect.signature(resolve).parameters
    given = inspect.signature(arguments).parameters.values()
    parameters = [own["root"], own["info"], *(p.replace(kind=p.KEYWORD_ONLY) for p in given)]
    resolve.__signature__ = inspect.Signature(parameters, return_annotation=Any)  # pyright: ignore[reportFunctionMemberAccess]
    resolve.__annotations__ |= {p.name: p.annotation for p in given}


def declaration_of(field: Any) -> Declaration | None:
    """What a field of the built schema was declared as; None for an ordinary resolver."""
    definition = field.extensions.get("strawberry-definition")
    return definition.metadata.get(DECLARED) if isinstance(definition, StrawberryField) else None


def bind(schema: GraphQLSchema) -> None:
    """Give declared fields their own resolvers."""
    for graphql_type in schema.type_map.values():
        if not isinstance(graphql_type, GraphQLObjectType):
            continue
        for field in graphql_type.fields.values():
            declaration = declaration_of(field)
            if declaration is None:
                continue
            definition = field.extensions["strawberry-definition"]
            for name, argument in field.args.items():
                argument.out_name = _python_argument(definition, name)
            if (resolve := declaration.resolver(definition.python_name)) is not None:
                field.resolve = resolve


def _python_argument(definition: StrawberryField, graphql_name: str) -> str:
    for argument in definition.arguments:
        if (argument.graphql_name or argument.python_name).lower() == graphql_name.lower():
            return argument.python_name
    return graphql_name
