"""The schema as a page to browse: chapters of types, read off its text, so that no directive is forgotten."""

from dataclasses import dataclass
from typing import Any

from graphql import (
    DefinitionNode,
    DirectiveDefinitionNode,
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    ListTypeNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    TypeNode,
    UnionTypeDefinitionNode,
    ValueNode,
    parse,
    print_ast,
    value_from_ast_untyped,
)

from hub.text.markdown import render

_CHAPTERS: dict[str, type[DefinitionNode] | str] = {
    "Queries": "Query",
    "Mutations": "Mutation",
    "Subscriptions": "Subscription",
    "Objects": ObjectTypeDefinitionNode,
    "Interfaces": InterfaceTypeDefinitionNode,
    "Unions": UnionTypeDefinitionNode,
    "Inputs": InputObjectTypeDefinitionNode,
    "Enums": EnumTypeDefinitionNode,
    "Scalars": ScalarTypeDefinitionNode,
    "Directives": DirectiveDefinitionNode,
}
_ROOTS = {name for name in _CHAPTERS.values() if isinstance(name, str)}


@dataclass(frozen=True, slots=True)
class Kind:
    """A type as it is written, `[Post!]!`: what stands around the name, and whether the page has a place for it."""

    before: str
    name: str
    after: str
    linked: bool


@dataclass(frozen=True, slots=True)
class Argument:
    name: str
    kind: Kind
    default: str
    description: str


@dataclass(frozen=True, slots=True)
class Part:
    """A field, an input's field or a value of an enum; `notes` are what its directives say."""

    anchor: str
    name: str
    kind: Kind | None
    arguments: list[Argument]
    notes: list[tuple[str, str]]
    description: str


@dataclass(frozen=True, slots=True)
class Entry:
    name: str
    description: str
    implements: list[Kind]
    members: list[Kind]
    parts: list[Part]


@dataclass(frozen=True, slots=True)
class Chapter:
    title: str
    entries: list[Entry]


def chapters(sdl: str) -> list[Chapter]:
    definitions: list[Any] = list(parse(sdl, no_location=True).definitions)
    named = {node.name.value: node for node in definitions if hasattr(node, "name")}
    reader = _Reader(set(named))
    return [Chapter(title, reader.entries(list(named.values()), which)) for title, which in _CHAPTERS.items()]


class _Reader:
    def __init__(self, known: set[str]) -> None:
        self._known = known

    def entries(self, nodes: list[Any], which: type[DefinitionNode] | str) -> list[Entry]:
        chosen = [node for node in nodes if _is_of(node, which)]
        return [self._entry(node) for node in sorted(chosen, key=lambda node: node.name.value)]

    def _entry(self, node: Any) -> Entry:
        if isinstance(node, DirectiveDefinitionNode):
            parts = [self._input(node.name.value, argument) for argument in node.arguments or ()]
            return Entry(f"@{node.name.value}", _told(node), [], [], parts)
        fields = getattr(node, "fields", None) or getattr(node, "values", None) or ()
        return Entry(
            node.name.value,
            _told(node),
            [self._kind(one) for one in getattr(node, "interfaces", None) or ()],
            [self._kind(one) for one in getattr(node, "types", None) or ()],
            [self._part(node.name.value, field) for field in fields],
        )

    def _part(self, owner: str, node: Any) -> Part:
        if isinstance(node, InputValueDefinitionNode):
            return self._input(owner, node)
        arguments = [self._argument(one) for one in getattr(node, "arguments", None) or ()]
        kind = self._kind(node.type) if isinstance(node, FieldDefinitionNode) else None
        return Part(f"{owner}.{node.name.value}", node.name.value, kind, arguments, _notes(node), _told(node))

    def _input(self, owner: str, node: InputValueDefinitionNode) -> Part:
        notes = [("default", print_ast(node.default_value))] if node.default_value else []
        anchor = f"{owner}.{node.name.value}"
        return Part(anchor, node.name.value, self._kind(node.type), [], notes + _notes(node), _told(node))

    def _argument(self, node: InputValueDefinitionNode) -> Argument:
        default = print_ast(node.default_value) if node.default_value else ""
        return Argument(node.name.value, self._kind(node.type), default, _told(node))

    def _kind(self, node: TypeNode) -> Kind:
        match node:
            case NonNullTypeNode():
                inner = self._kind(node.type)
                return Kind(inner.before, inner.name, f"{inner.after}!", inner.linked)
            case ListTypeNode():
                inner = self._kind(node.type)
                return Kind(f"[{inner.before}", inner.name, f"{inner.after}]", inner.linked)
            case _:
                named: Any = node  # what is left has a name
                name: str = named.name.value
                return Kind("", name, "", name in self._known)


def _is_of(node: Any, which: type[DefinitionNode] | str) -> bool:
    name: str = node.name.value
    return name == which if isinstance(which, str) else isinstance(node, which) and name not in _ROOTS


def _told(node: Any) -> str:
    """The description as HTML that is safe to show."""
    return render(node.description.value).html if node.description else ""


def _notes(node: Any) -> list[tuple[str, str]]:
    return [note for directive in node.directives or () if (note := _note(directive)) is not None]


def _note(directive: Any) -> tuple[str, str] | None:
    given = {argument.name.value: _plain(argument.value) for argument in directive.arguments or ()}
    match directive.name.value:
        case "cost":
            multipliers: list[str] = given.get("multipliers") or []
            return "cost", " + ".join([str(given["weight"]), *(f"{name} x what is below" for name in multipliers)])
        case "scope":
            return "scope", ", ".join(given["requires"])
        case "cacheHint":
            return "cached", f"{given['maxAge']} s"
        case "deprecated":
            return "deprecated", str(given.get("reason", ""))
        case _:
            return None


def _plain(value: ValueNode) -> Any:
    return value_from_ast_untyped(value)
