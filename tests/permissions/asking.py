"""Documents that ask for everything, made from the schema; and what an answer shows of each object in it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_leaf_type,
    is_object_type,
    is_required_argument,
)

from hub.graph.fields import scopes_of
from hub.graph.schema import build, core
from hub.graph.subjects.queries import BY_NOUN
from tests.permissions.fields import OWN

SCHEMA = core(build())
NOUNS = tuple(BY_NOUN)
_OWN = {f"{noun}.{name}" for noun, names in OWN.items() for name in names.split()}
_TINY = "__typename ... on Node { id }"


def type_named(name: str) -> GraphQLObjectType:
    found = SCHEMA.type_map[name]
    assert isinstance(found, GraphQLObjectType)
    return found


def _askable(noun: str) -> Iterator[tuple[str, str, Any]]:
    """The fields without required arguments or scopes; their alias says whose they are, as types differ."""
    for name, field in type_named(noun).fields.items():
        if not any(map(is_required_argument, field.args.values())) and not scopes_of(field):
            yield f"{noun}_{name}: {name}", f"{noun}.{name}", field


def plain(noun: str) -> str:
    """All of a noun's own values; of the things that it points at only which they are."""
    parts = ["__typename id"]
    for shown, _, field in _askable(noun):
        named = get_named_type(field.type)
        if is_leaf_type(named):
            parts.append(shown)
        elif _leads_to_one(field.type):
            parts.append(f"{shown} {{ {_TINY} }}")
        elif is_object_type(named) and named.name not in NOUNS and not named.name.endswith("Connection"):
            parts.append(f"{shown} {{ {_values(named)} }}")
    return " ".join(parts)


def edges(noun: str) -> str:
    """What hangs on a noun, each thing with its own values."""
    parts: list[str] = []
    for shown, _, field in _askable(noun):
        named: Any = get_named_type(field.type)
        if is_abstract_type(named):
            possible = [one.name for one in SCHEMA.get_possible_types(named) if one.name in NOUNS]
            members = " ".join(f"... on {one} {{ ...{one}Plain }}" for one in possible)
            parts.append(f"e_{shown} {{ {members} }}")
        elif named.name in NOUNS:
            parts.append(f"e_{shown} {{ ...{named.name}Plain }}")
        elif named.name.endswith("Connection"):
            page = "(first: 100)" if "rootOnly" not in field.args else "(first: 100, rootOnly: false)"
            node = named.name.removesuffix("Connection")
            body = f"{{ nodes {{ ...{node}Plain }} edges {{ node {{ id }} }} totalCount {{ value }} }}"
            parts.append(f"e_{shown}{page} {body}")
    return " ".join(parts)


def _values(shown: GraphQLObjectType) -> str:
    parts: list[str] = []
    for name, field in shown.fields.items():
        named = get_named_type(field.type)
        if f"{shown.name}.{name}" == "Count.asOf":
            continue
        if is_leaf_type(named):
            parts.append(name)
        elif is_composite_type(named):
            parts.append(f"{name} {{ {_TINY if _leads_to_one(field.type) else _values(type_named(named.name))} }}")
    return " ".join(parts)


def _leads_to_one(graphql_type: Any) -> bool:
    bare = graphql_type.of_type if isinstance(graphql_type, GraphQLNonNull) else graphql_type
    named: Any = get_named_type(graphql_type)
    return not isinstance(bare, GraphQLList) and (named.name in NOUNS or is_abstract_type(named))


_FRAGMENTS = {
    **{f"{noun}Plain": f"fragment {noun}Plain on {noun} {{ {plain(noun)} }}" for noun in NOUNS},
    **{f"{noun}Whole": f"fragment {noun}Whole on {noun} {{ ...{noun}Plain {edges(noun)} }}" for noun in NOUNS},
}


def with_fragments(text: str) -> str:
    """The document with the fragments that it spreads, and those that these spread."""
    wanted = re.findall(r"[.]{3}(\w+(?:Plain|Whole))", text)
    for name in wanted:  # grows while it is read
        wanted += [one for one in re.findall(r"[.]{3}(\w+(?:Plain|Whole))", _FRAGMENTS[name]) if one not in wanted]
    return "\n".join([text, *(_FRAGMENTS[name] for name in dict.fromkeys(wanted))])


def whole_of_any() -> tuple[str, ...]:
    """Two selections, which together ask for everything of any noun: one would be broader than a document may be."""
    halves = (NOUNS[::2], NOUNS[1::2])
    return tuple(" ".join(f"... on {noun} {{ ...{noun}Whole }}" for noun in half) for half in halves)


def together(one: Any, other: Any) -> Any:
    """What two selections showed of one thing."""
    return {**one, **other} if one is not None and other is not None else None


def things(answer: Any) -> Iterator[Mapping[str, Any]]:
    """All objects with an id in an answer, however deep, with their own values."""
    if isinstance(answer, list):
        for one in answer:
            yield from things(one)
    elif isinstance(answer, dict):
        if "id" in answer and "__typename" in answer:
            yield {name: value for name, value in answer.items() if not name.startswith("e_")}
        for value in answer.values():
            yield from things(value)


def without(answer: Any, hidden: frozenset[str]) -> Any:
    """The answer as it would be if the things of these ids were absent, and without what is each viewer's own."""
    if isinstance(answer, list):
        return [without(one, hidden) for one in answer if not _is_hidden(one, hidden)]
    if isinstance(answer, dict):
        return {
            name: None if _is_hidden(value, hidden) else without(value, hidden)
            for name, value in answer.items()
            if name.removeprefix("e_").replace("_", ".") not in _OWN and name != "viewerReacted"
        }
    return answer


def _is_hidden(value: Any, hidden: frozenset[str]) -> bool:
    if not isinstance(value, dict):
        return False
    return value.get("id") in hidden or (value.keys() == {"node"} and value["node"]["id"] in hidden)
