"""A type by its place and name, for nouns that must not import each other:

    User = Annotated["Any", lazy("hub.graph.users.types", "User")]

Execution finds the type when the schema is built. Type checkers see `Any`, as rows are no objects of that type.
With `strawberry.lazy` the alias would bear the name that its own text names: checkers unfold such an alias into
itself, which takes seconds for each.
"""

from typing import Any, ForwardRef

from strawberry.types.lazy_type import LazyType, StrawberryLazyReference


class _Named(StrawberryLazyReference):
    def __init__(self, module: str, name: str) -> None:
        super().__init__(module)
        self.name = name

    def resolve_forward_ref(self, forward_ref: ForwardRef) -> LazyType[Any, Any]:  # noqa: ARG002 - it says `Any`
        return LazyType(self.name, self.module, self.package)

    # `typing` keeps one alias for equal parts, and one member of a union.
    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Named) and (self.module, self.name) == (other.module, other.name)

    def __hash__(self) -> int:
        return hash((_Named, self.module, self.name))


def lazy(module: str, name: str) -> StrawberryLazyReference:
    return _Named(module, name)
