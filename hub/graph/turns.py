"""How many mutations of one kind a process works on at the same time: what readers notice of a rush of writers is each
step of theirs that stands before the reader's own in the event loop.

Kinds wait apart, so that many who log in keep nobody from commenting.
"""

from asyncio import Semaphore
from collections import defaultdict
from functools import partial

from graphql import FieldNode, OperationDefinitionNode


class Turns:
    def __init__(self, at_once: int) -> None:
        self._of_kind: defaultdict[str, Semaphore] = defaultdict(partial(Semaphore, at_once))

    def of(self, mutation: OperationDefinitionNode) -> Semaphore:
        """To be held while the mutation, whose kind is its first field's, is worked on; first come, first served."""
        first = mutation.selection_set.selections[0]
        return self._of_kind[first.name.value if isinstance(first, FieldNode) else ""]
