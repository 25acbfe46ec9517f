"""Relay's documents for a whole schema: for each public type a fragment, a refetch, and a page of each of its lists."""

from collections.abc import Iterator

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_required_argument,
)


def documents(schema: GraphQLSchema) -> Iterator[str]:
    for kind in schema.type_map.values():
        if kind.name.startswith("__") or not isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)):
            continue
        if kind in (schema.query_type, schema.mutation_type, schema.subscription_type):
            continue
        yield _fragment(kind)
        if _is_node(kind):
            yield _refetch(kind)
            yield from (_page(kind, name) for name, field in kind.fields.items() if is_paged(field))
    assert schema.query_type
    for name, field in schema.query_type.fields.items():
        if is_paged(field):
            yield _root_page(name)


def is_paged(field: GraphQLField) -> bool:
    """A connection that needs nothing but a page's arguments."""
    named = get_named_type(field.type)
    edges = isinstance(named, GraphQLObjectType) and "edges" in named.fields
    return edges and {"first", "after"} <= set(field.args) and not any(map(is_required_argument, field.args.values()))


def _is_node(kind: GraphQLObjectType | GraphQLInterfaceType) -> bool:
    return isinstance(kind, GraphQLObjectType) and any(one.name == "Node" for one in kind.interfaces)


def _fragment(kind: GraphQLObjectType | GraphQLInterfaceType) -> str:
    lines = [line for name, field in kind.fields.items() if (line := _selected(name, field))]
    return f"fragment {_name(kind.name)} on {kind.name} {{ __typename {' '.join(lines)} }}"


def _refetch(kind: GraphQLObjectType | GraphQLInterfaceType) -> str:
    name = _name(f"{kind.name}Again")
    return f'fragment {name} on {kind.name} @refetchable(queryName: "{name}Query") {{ id }}'


def _page(kind: GraphQLObjectType | GraphQLInterfaceType, field: str) -> str:
    name = _name(f"{kind.name}{field[0].upper()}{field[1:]}")
    return _paged(name, kind.name, field)


def _root_page(field: str) -> str:
    return _paged(_name(f"Root{field[0].upper()}{field[1:]}"), "Query", field)


def _paged(name: str, kind: str, field: str) -> str:
    return (
        f'fragment {name} on {kind} @refetchable(queryName: "{name}Query")'
        ' @argumentDefinitions(count: {type: "Int", defaultValue: 10}, cursor: {type: "String"}) {'
        f' {field}(first: $count, after: $cursor) @connection(key: "{name}_{field}")'
        " { edges { node { __typename } } } }"
    )


def _selected(name: str, field: GraphQLField) -> str:
    """The field with what it needs; nothing where it wants an argument that cannot be made up."""
    if any(map(is_required_argument, field.args.values())):
        return ""
    named = get_named_type(field.type)
    if is_leaf_type(named):
        return name
    if is_abstract_type(named) or "id" not in getattr(named, "fields", {}):
        return f"{name} {{ __typename }}"
    return f"{name} {{ id }}"


def _name(rest: str) -> str:
    """Relay wants each document to be named after its module."""
    return f"quality_{rest}"
