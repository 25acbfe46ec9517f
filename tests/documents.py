"""Random documents over the whole schema, made by walking it: a field, argument or type that is added is asked too.

Aliases, doubled fields, named and inline fragments on objects, interfaces and unions, @skip and @include,
`__typename`, arguments as literals and as variables, ids and cursors good and bad.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    Undefined,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_leaf_type,
    is_required_input_field,
)

LEFT_OUT = {"status"}
"""Fields that touch no database and are the same for all."""
_DEEPEST = 5
_OFTEN = {"after": 0.2, "before": 0.15, "last": 0.3, "id": 0.5, "slug": 0.98}
_APART = {"slug": "id:", "last": "first:"}


@dataclass
class Supply:
    """Values that exist: ids by noun, slugs and handles by the field that takes them, cursors of real pages."""

    ids: Mapping[str, list[str]]
    slugs: Mapping[str, list[str]]
    handles: list[str]
    cursors: list[str]
    live_cursors: list[str]
    nasty: tuple[str, ...] = ("", "🦉", 'a"b\\c', "%s {t} $1 :x", "\u2028</script>", "nobody", "0")


@dataclass
class Document:
    text: str
    variables: dict[str, Any]
    asked: set[str]


@dataclass
class Documents:
    """`ordinary`: fields with resolvers of their own, asked now and then only, since no plan can have them."""

    schema: GraphQLSchema
    supply: Supply
    random: Random
    ordinary: set[str]
    _variables: dict[str, tuple[str, Any]] = field(default_factory=dict)
    _fragments: dict[str, str] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)
    _calls: int = 0

    def make(self) -> Document:
        self._begin()
        with_ordinary = self.random.random() < 0.1
        return self._whole("query", self._selection(self.schema.query_type, 0, with_ordinary))

    def about(self, kind: str, name: str) -> Document:
        """A query, mutation or subscription of this one field, anything below it."""
        self._begin()
        root = {
            "query": self.schema.query_type,
            "mutation": self.schema.mutation_type,
            "subscription": self.schema.subscription_type,
        }[kind]
        return self._whole(kind, f"{{ {self._field(root, name, 0, ordinary=True)} }}")

    def _begin(self) -> None:
        self._variables, self._fragments, self._asked, self._calls = {}, {}, set(), 0

    def _whole(self, kind: str, body: str) -> Document:
        declared = ", ".join(f"${name}: {kind}" for name, (kind, _) in self._variables.items())
        head = f"{kind}({declared})" if declared else kind
        text = "\n".join([f"{head} {body}", *self._fragments.values()])
        return Document(text, {name: value for name, (_, value) in self._variables.items()}, self._asked)

    def _selection(self, parent: Any, depth: int, ordinary: bool) -> str:
        if is_abstract_type(parent):
            return self._abstract(parent, depth, ordinary)
        names = [
            name
            for name, shown in parent.fields.items()
            if name not in LEFT_OUT
            and (ordinary or f"{parent.name}.{name}" not in self.ordinary)
            and (depth < _DEEPEST or is_leaf_type(get_named_type(shown.type)))
        ]
        chosen = self.random.sample(names, min(len(names), self.random.choice((1, 2, 2, 3, 4)))) if names else []
        parts = [self._field(parent, name, depth, ordinary) for name in chosen]
        if not parts or self.random.random() < 0.2:
            parts.append(self.random.choice(("__typename", "kind: __typename")))
        if chosen and self.random.random() < 0.12:
            leaves = [name for name in chosen if is_leaf_type(get_named_type(parent.fields[name].type))]
            parts += leaves[:1]
        self.random.shuffle(parts)
        return self._wrapped(parent, parts)

    def _wrapped(self, parent: Any, parts: list[str]) -> str:
        draw = self.random.random()
        if draw < 0.08:
            return f"{{ ... on {parent.name}{self._directive()} {{ {' '.join(parts)} }} __typename }}"
        if draw < 0.14:
            name = f"F{len(self._fragments)}"
            self._fragments[name] = f"fragment {name} on {parent.name} {{ {' '.join(parts)} }}"
            return f"{{ ...{name}{self._directive()} again: __typename ...{name} }}"
        return f"{{ {' '.join(parts)} }}"

    def _abstract(self, parent: Any, depth: int, ordinary: bool) -> str:
        kinds = list(self.schema.get_possible_types(parent))
        chosen = self.random.sample(kinds, min(len(kinds), self.random.choice((1, 2, len(kinds)))))
        parts = ["__typename"]
        for kind in chosen:
            parts.append(f"... on {kind.name} {self._selection(kind, depth + 1, ordinary)}")
        if hasattr(parent, "fields") and "id" in parent.fields:
            parts.append("id")
        return f"{{ {' '.join(parts)} }}"

    def _field(self, parent: Any, name: str, depth: int, ordinary: bool) -> str:
        self._asked.add(f"{parent.name}.{name}")
        shown = parent.fields[name]
        named = get_named_type(shown.type)
        # Fields of one name may have several types or arguments where they meet; aliases keep them apart.
        self._calls += 1
        plain = parent is self.schema.query_type or bool(shown.args) or self.random.random() < 0.15
        alias = f"a{self._calls}: " if plain or is_composite_type(named) else f"{parent.name}_{name}: "
        below = f" {self._selection(named, depth + 1, ordinary)}" if is_composite_type(named) else ""
        return f"{alias}{name}{self._arguments(name, shown, named)}{self._directive()}{below}"

    def _directive(self) -> str:
        draw = self.random.random()
        if draw < 0.9:
            return ""
        which, value = self.random.choice(("skip", "include")), self.random.random() < 0.5
        if draw < 0.95:
            return f" @{which}(if: {str(value).lower()})"
        return f" @{which}(if: ${self._variable('Boolean!', value)})"

    def _arguments(self, name: str, shown: GraphQLField, named: Any) -> str:
        given: list[str] = []
        for argument, about in shown.args.items():
            needed = isinstance(about.type, GraphQLNonNull) and about.default_value is Undefined
            if not needed and self.random.random() > _OFTEN.get(argument, 0.55):
                continue
            if (
                argument in _APART
                and any(one.startswith(_APART[argument]) for one in given)
                and self.random.random() < 0.95
            ):
                continue
            value = self._value(about.type, argument, name, named)
            if self.random.random() < 0.5 and not (value is None and needed):
                given.append(f"{argument}: ${self._variable(str(about.type), value)}")
            else:
                given.append(f"{argument}: {self._literal(value, about.type)}")
        return f"({', '.join(given)})" if given else ""

    def _variable(self, kind: str, value: Any) -> str:
        name = f"v{len(self._variables)}"
        self._variables[name] = (kind, value)
        return name

    def _value(self, kind: Any, argument: str, name: str, named: Any) -> Any:
        if isinstance(kind, GraphQLNonNull):
            return self._some(kind.of_type, argument, name, named)
        if self.random.random() < 0.08:
            return None
        return self._some(kind, argument, name, named)

    def _some(self, kind: Any, argument: str, name: str, named: Any) -> Any:
        if isinstance(kind, GraphQLNonNull):
            return self._some(kind.of_type, argument, name, named)
        if isinstance(kind, GraphQLList):
            return [self._some(kind.of_type, argument, name, named) for _ in range(self.random.randint(0, 2))]
        if isinstance(kind, GraphQLInputObjectType):
            return {
                key: self._value(about.type, key, name, named)
                for key, about in kind.fields.items()
                if self.random.random() < 0.5 or is_required_input_field(about)
            }
        if isinstance(kind, GraphQLEnumType):
            return self.random.choice(list(kind.values))
        return self._scalar(kind.name, argument, name, named)

    def _scalar(self, kind: str, argument: str, name: str, named: Any) -> Any:
        pick = self.random.choice
        match kind, argument:
            case "ID", "id" | "ids" | "subjectIds" | "commentId" | "categoryId" | "clubId" | "authorId":
                wanted = {"commentId": "Comment", "categoryId": "Category", "clubId": "Club", "authorId": "User"}
                noun = wanted.get(argument) or (
                    named.name if named.name in self.supply.ids else pick(list(self.supply.ids))
                )
                good = self.supply.ids.get(noun) or [""]
                return (
                    pick(good)
                    if self.random.random() < 0.92
                    else pick([*self.supply.nasty, *self.supply.ids["User"][:1]])
                )
            case "String", "slug" | "handle":
                known = self.supply.handles if argument == "handle" else self.supply.slugs.get(name, [])
                return pick(known) if known and self.random.random() < 0.92 else pick(self.supply.nasty)
            case "String", "after" | "before":
                return pick(self.supply.cursors) if self.random.random() < 0.9 else pick(self.supply.nasty)
            case "LiveCursor", _:
                return pick(self.supply.live_cursors)
            case "Int", "first" | "last":
                return pick((1, 1, 2, 2, 3, 5, 20)) if self.random.random() < 0.97 else pick((0, -1, 101))
            case "Int", _:
                return pick((0, 1, 2, 5, 13, 40, 200, 600))
            case "Boolean", _:
                return self.random.random() < 0.5
            case "DateTime", _:
                return pick(("2026-01-01T00:00:00Z", "2030-06-01T12:00:00.500+02:00", "2019-12-31T23:59:59.999Z"))
            case _:
                return pick(("TX", *self.supply.nasty))

    def _literal(self, value: Any, kind: Any) -> str:
        bare = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if value is None:
            return "null"
        if isinstance(bare, GraphQLList):
            return f"[{', '.join(self._literal(one, bare.of_type) for one in value)}]"
        if isinstance(bare, GraphQLInputObjectType):
            parts = (f"{key}: {self._literal(one, bare.fields[key].type)}" for key, one in value.items())
            return f"{{{', '.join(parts)}}}"
        if isinstance(bare, GraphQLEnumType):
            return str(value)
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, int):
            return str(value)
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\u2028", "\\u2028") + '"'
