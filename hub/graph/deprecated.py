"""Which deprecated fields an operation asks for, by the names that the schema gives them: `Type.field`."""

from typing import Any

from graphql import DocumentNode, FieldNode, GraphQLSchema, TypeInfo, TypeInfoVisitor, Visitor, visit


def deprecated_in(schema: GraphQLSchema, document: DocumentNode) -> frozenset[str]:
    """Those of the whole document, which is valid."""
    found: set[str] = set()
    types = TypeInfo(schema)

    class Seen(Visitor):
        def enter_field(self, _node: FieldNode, *_: Any) -> None:
            declared, above = types.get_field_def(), types.get_parent_type()
            if declared is not None and above is not None and declared.deprecation_reason is not None:
                found.add(f"{above.name}.{_node.name.value}")

    visit(document, TypeInfoVisitor(types, Seen()))
    return frozenset(found)
