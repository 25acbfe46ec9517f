"""Declaring fields: where a value comes from, in one line. A type then reads like a table.

`column` a column of the row · `one` the row that a key points at · `connection` a page of rows · `leading` the first
rows of one as a list · `listing` a short list with a fixed maximum · `part` an object over the same row · `computed` a
pure function of columns · `either` the row of one of several tables · `made` a small object of a few columns ·
`lookup` a row by the field's arguments · `judged` what the viewer may do · `setting` a limit of the house · `clock` the
time of the operation.

From these come resolvers, `@cost`, `@scope` and `@cacheHint`, the cost of a document, and the facts of the viewer
that a selection reads. `bind` puts their resolvers into the built schema in place of Strawberry's wrappers.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import strawberry
from graphql import GraphQLObjectType, GraphQLSchema
from strawberry.types.field import StrawberryField

from hub.graph.declarations import (
    Clock,
    Column,
    Computed,
    Connected,
    Declaration,
    Either,
    Find,
    GlobalId,
    Judged,
    Leading,
    Listing,
    Lookup,
    Made,
    OfPage,
    One,
    PagePart,
    Part,
    Rule,
)
from hub.graph.directives import ApiScope, CacheHint, Cost, Scope
from hub.graph.paging import Pick, to_page
from hub.store.formulas import Formula
from hub.store.loaders import Loader

DECLARED = "declared"
_NO_SCOPES: frozenset[str] = frozenset()
# Metadata of an ordinary resolver: the facts of the viewer that it reads, beside those of the joins that it uses.
READS = "reads"


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


def computed(
    function: Callable[..., Any],
    *columns: str,
    setting: str | None = None,
    formula: Formula | None = None,
    description: str,
    **shown: Any,
) -> Any:
    """`function` gets the setting if one is named, the columns, then the field's arguments by their names."""
    taken = len(columns) + (setting is not None)
    declaration = Computed(function, columns, setting, formula)
    return _field(declaration, description, resolver=_own_arguments(function, taken), **shown)


def setting(name: str, *, description: str, **shown: Any) -> Any:
    return _field(Computed(_same, (), name), description, **shown)


def of_page(what: PagePart, function: Callable[..., Any], *needs: str, description: str) -> Any:
    """A part of every connection; `function` makes it of the page when it is executed."""
    return _field(OfPage(function, needs, what=what), description)


def of_row_above(
    function: Callable[..., Any],
    *,
    formula: Formula,
    above: tuple[str, ...],
    of_above: Callable[..., Any],
    description: str,
) -> Any:
    """What a connection shows of the row that it hangs on: `of_above` of the columns `above`; null without them."""
    declaration = OfPage(function, ("of",), None, formula, what="above", above=above, of_above=of_above)
    return _field(declaration, description)


def made(names: Mapping[str, str], constants: Mapping[str, Any], *, description: str, **shown: Any) -> Any:
    """`names`: fields of the small type and the columns that they show."""
    return _field(Made(names, constants), description, **shown)


def judged(
    rules: Mapping[str, Rule], *columns: str, arguments: Callable[..., Any], description: str, **shown: Any
) -> Any:
    """`rules` by the names of the abilities; `arguments` has one parameter, the abilities that are asked for."""
    return _field(Judged(rules, columns), description, resolver=_own_arguments(arguments, 0), **shown)


def clock(*, description: str, **shown: Any) -> Any:
    return _field(Clock(), description, **shown)


def lookup(find: Find, loaders: Sequence[Loader], *, arguments: Callable[..., Any], description: str) -> Any:
    """`find` gives loader and key for the field's arguments, or refuses; null when the row is absent or hidden."""
    declaration = Lookup(find, tuple(loaders))

    async def resolve(root: Any, info: strawberry.Info[Any, None], **given: Any) -> Any:  # noqa: ARG001 - its place is needed
        loader, key = declaration.find(given)
        return await info.context.reader.one(loader, key)

    _take_signature(resolve, arguments)
    return _field(declaration, description, resolver=resolve)


def listing(loader: Loader, key: str | None, *, description: str, **shown: Any) -> Any:
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
    """`arguments` is a function whose parameters are the field's; `total` a column of the row that counts all:
    it is shown where no filter leaves some out."""
    if isinstance(source, Loader):
        declaration = Connected(_always(source), key, total, (source,))
    else:
        declaration = Connected(source, key, total, tuple(loaders))

    async def resolve(root: Any, info: strawberry.Info[Any, None], **given: Any) -> Any:
        loader, filters = declaration.pick(given)
        page = to_page(loader, given, info.context.settings.page_size)
        rows = await info.context.reader.many(loader, root[key] if key else None, page, filters)
        counted = root[total] if total and not filters else None
        return {"rows": rows, "loader": loader, "total": counted, "of": root}

    _take_signature(resolve, arguments)
    names = [name for name in ("first", "last") if name in inspect.signature(arguments).parameters]
    return _field(declaration, description, resolver=resolve, cost=cost, multipliers=names, **shown)


def leading(
    source: Loader | Pick,
    key: str,
    *,
    arguments: Callable[..., Any],
    description: str,
    loaders: Sequence[Loader] = (),
    **shown: Any,
) -> Any:
    """`arguments` has the parameter `first`, and those from which `source` picks its filters; the loader is one."""
    if isinstance(source, Loader):
        declaration = Leading(_always(source), key, None, (source,))
    else:
        declaration = Leading(source, key, None, tuple(loaders))

    async def resolve(root: Any, info: strawberry.Info[Any, None], **given: Any) -> Any:
        loader, filters = declaration.pick(given)
        page = to_page(loader, given, info.context.settings.page_size)
        return (await info.context.reader.many(loader, root[key], page, filters)).rows

    _take_signature(resolve, arguments)
    return _field(declaration, description, resolver=resolve, cost=2, multipliers=["first"], **shown)


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


def declaration_of(field: Any) -> Declaration | None:
    """What a field of the built schema was declared as; None for an ordinary resolver."""
    definition = field.extensions.get("strawberry-definition")
    return definition.metadata.get(DECLARED) if isinstance(definition, StrawberryField) else None


def scopes_of(field: Any) -> frozenset[str]:
    """The scopes that a token needs for a field of the built schema, all of them."""
    definition = field.extensions.get("strawberry-definition")
    if not isinstance(definition, StrawberryField):
        return _NO_SCOPES
    shown = (directive for directive in definition.directives if isinstance(directive, Scope))
    return frozenset(scope.name for directive in shown for scope in directive.requires)


def bind(schema: GraphQLSchema) -> None:
    """Give declared fields their own resolvers, which take arguments by their Python names."""
    for graphql_type in schema.type_map.values():
        if not isinstance(graphql_type, GraphQLObjectType):
            continue
        for field in graphql_type.fields.values():
            declaration = declaration_of(field)
            definition = field.extensions.get("strawberry-definition")
            if declaration is not None and (resolve := declaration.resolver(definition.python_name)) is not None:
                field.resolve = resolve


def _field(
    declaration: Declaration,
    description: str,
    *,
    resolver: Callable[..., Any] | None = None,
    cost: int | None = None,
    multipliers: list[str] | None = None,
    scope: ApiScope | None = None,
    cache: int | None = None,
    called: str | None = None,
) -> Any:
    """`called`: its name in the schema, where Python keeps that for itself."""
    make: Callable[..., Any] = strawberry.field
    return make(
        name=called,
        resolver=resolver,
        description=description,
        metadata={DECLARED: declaration},
        directives=shown_directives(cost=cost, multipliers=multipliers, scope=scope, cache=cache),
    )


def _same(value: Any) -> Any:
    return value


def _always(loader: Loader) -> Pick:
    def pick(_arguments: Mapping[str, Any]) -> tuple[Loader, Mapping[str, Any]]:
        return loader, {}

    return pick


def _own_arguments(function: Callable[..., Any], taken: int) -> Callable[..., Any] | None:
    """A function with only those parameters of `function` that are the field's arguments; None without any."""
    signature = inspect.signature(function)
    own = list(signature.parameters.values())[taken:]
    if not own:
        return None

    def stub(**_arguments: Any) -> Any:
        raise NotImplementedError  # `bind` puts the declaration's own resolver in its place

    _set_signature(stub, [p.replace(kind=p.KEYWORD_ONLY) for p in own])
    return stub


def _take_signature(resolve: Callable[..., Any], arguments: Callable[..., Any]) -> None:
    own = inspect.signature(resolve).parameters
    given = [p.replace(kind=p.KEYWORD_ONLY) for p in inspect.signature(arguments).parameters.values()]
    _set_signature(resolve, [own["root"], own["info"], *given])


def _set_signature(function: Any, parameters: list[inspect.Parameter]) -> None:
    function.__signature__ = inspect.Signature(parameters, return_annotation=Any)
    function.__annotations__ = {p.name: p.annotation for p in parameters}
