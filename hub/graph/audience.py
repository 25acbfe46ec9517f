"""The audience class of a selection: which facts of the viewer its answer can depend on.

Read off the declarations: the joins' visibility and filters, the expressions of the columns shown, and for ordinary
resolvers the facts that they say (`metadata={READS: …}`), self where they say nothing. Visibility may use self only
to widen (see `store/audience.py`), so it does not make a class of one: a shared answer is made for nobody in
particular, and shows what all of the class may see.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)
from strawberry.types.field import StrawberryField

from hub.graph.declarations import Column, Declaration
from hub.graph.fields import READS, declaration_of, scopes_of
from hub.store.audience import Fact, Standing
from hub.store.loaders import Loader
from hub.store.tables import Table, facts_in

_named_type: Callable[[Any], Any] = get_named_type
_NO_TABLES: frozenset[Table] = frozenset()


class Audience:
    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._tables = dict(_tables_of(schema))

    def facts(
        self,
        fragments: dict[str, FragmentDefinitionNode],
        root: FieldNode,
        standing: Standing,
        within: frozenset[Loader],
    ) -> set[Fact]:
        """What the answer of a subscription's root field depends on, beside the stream itself."""
        field = self._schema.subscription_type.fields[root.name.value]  # pyright: ignore[reportOptionalMemberAccess] - a subscription was found, so the type is there
        reading = _Reading(self._schema, self._tables, fragments, standing, within)
        return reading.below(field, root.selection_set, frozenset())


class _Reading:
    def __init__(
        self,
        schema: GraphQLSchema,
        tables: dict[str, Table],
        fragments: dict[str, FragmentDefinitionNode],
        standing: Standing,
        within: frozenset[Loader],
    ) -> None:
        self._schema = schema
        self._tables = tables
        self._fragments = fragments
        self._standing = standing
        self._within = within
        self._seen: set[tuple[str, str, frozenset[Table]]] = set()

    def below(self, field: Any, selection: SelectionSetNode | None, tables: frozenset[Table]) -> set[Fact]:
        named = _named_type(field.type)
        if selection is None or not is_composite_type(named):
            return set()
        return self._selected(named, selection, tables)

    def _selected(self, shown: Any, selection: SelectionSetNode, tables: frozenset[Table]) -> set[Fact]:
        found: set[Fact] = set()
        for node in selection.selections:
            if isinstance(node, FieldNode):
                for concrete in self._concrete(shown):
                    found |= self._field(concrete, node, tables)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                mark = (node.name.value, shown.name, tables)
                if mark not in self._seen:
                    self._seen.add(mark)
                    found |= self._narrowed(shown, fragment, tables)
            else:
                found |= self._narrowed(shown, node, tables)
        return found

    def _narrowed(self, shown: Any, node: Any, tables: frozenset[Table]) -> set[Fact]:
        wanted = self._schema.get_type(node.type_condition.name.value) if node.type_condition else shown
        return self._selected(wanted, node.selection_set, tables)

    def _concrete(self, shown: Any) -> Iterable[GraphQLObjectType]:
        return self._schema.get_possible_types(shown) if is_abstract_type(shown) else (shown,)

    def _field(self, shown: GraphQLObjectType, node: FieldNode, tables: frozenset[Table]) -> set[Fact]:
        field: Any = shown.fields.get(node.name.value)
        if field is None:  # __typename, or a field of another of the possible types
            return set()
        # A row's own type says its table; parts, connections and edges lie over the rows of what is around them.
        own = frozenset({self._tables[shown.name]}) if shown.name in self._tables else tables
        declaration = declaration_of(field)
        found = set(self._declared(declaration, field, own)) if declaration else set(_reads(field))
        if scopes_of(field):
            found.add(Fact.SCOPES)
        further = frozenset(loader.table for loader in declaration.loaders) if declaration else _NO_TABLES
        return found | self.below(field, node.selection_set, further or own)

    def _declared(self, declaration: Declaration, field: Any, tables: frozenset[Table]) -> Iterator[Fact]:
        yield from declaration.reads
        for loader in declaration.loaders:
            if loader not in self._within and Fact.CLUBS in loader.facts(self._standing):
                yield Fact.CLUBS
            yield from facts_in(" ".join([loader.where, *loader.args.values()]))
        names = set(declaration.columns)
        if isinstance(declaration, Column) and declaration.name is None:
            names.add(field.extensions["strawberry-definition"].python_name)
        for table in tables:
            for name in names & table.columns.keys():
                yield from facts_in(table.expression(name, self._standing))


def _reads(field: Any) -> Iterable[Fact]:
    """Of an ordinary field: none for an attribute, else what its resolver says that it reads."""
    definition: Any = field.extensions.get("strawberry-definition")
    if not isinstance(definition, StrawberryField) or definition.is_basic_field:
        return ()
    return definition.metadata.get(READS, (Fact.SELF,))


def _tables_of(schema: GraphQLSchema) -> Iterator[tuple[str, Table]]:
    """The table whose rows a type shows, by the type's name."""
    for graphql_type in schema.type_map.values():
        for field in graphql_type.fields.values() if isinstance(graphql_type, GraphQLObjectType) else ():
            declaration = declaration_of(field)
            for loader in declaration.loaders if declaration else ():
                if loader.table.noun:
                    yield loader.table.noun, loader.table
