"""A few hundred random documents of each run; thousands by `python -m tests.bench parity`."""

import os
from dataclasses import fields, replace
from typing import Any

import pytest

from hub.graph.fields import declaration_of
from hub.graph.plans import planner
from hub.live.backend import Backend
from hub.store.plans import tree
from hub.store.plans.statement import write
from hub.store.plans.tree import (
    Clock,
    Computed,
    Connection,
    Constant,
    Edges,
    Either,
    GlobalId,
    Listing,
    Lookup,
    Nodes,
    Object,
    One,
    PageFact,
    PageInfo,
    Scalar,
    Total,
)
from tests.parity import Parity, make_nasty

FAULT = Constant('"a fault"')
SEED = int(os.environ.get("HUB_TEST_SEED", "1"))


@pytest.fixture
async def nasty(story: Backend) -> Backend:
    await make_nasty(story)
    return story


# An error that nulls a parent makes graphql-core drop its other fields, begun or not.
@pytest.mark.filterwarnings("ignore:.*never awaited", "ignore::pytest.PytestUnraisableExceptionWarning")
async def test_plans_answer_as_execution_does(nasty: Backend) -> None:
    parity = Parity(nasty, SEED)
    report = await parity.run(300)
    assert report.crashes == []
    assert report.differences == []
    assert report.planned >= 0.9 * report.plannable
    assert kinds(parity, report.asked) == kinds(parity, None)


FAULTY: dict[type, Any] = {
    **dict.fromkeys((Scalar, GlobalId, Computed, Clock, Object, One, Either, Lookup, Listing, Connection), FAULT),
    **dict.fromkeys((Nodes, Edges, PageInfo, PageFact, Total), FAULT),
}


@pytest.mark.filterwarnings("ignore:.*never awaited", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("kind", FAULTY, ids=lambda kind: kind.__name__)
async def test_a_fault_in_any_kind_of_node_is_found(
    nasty: Backend, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_damaged(root: Any, *others: Any) -> Any:
        return write(damaged(root, kind), *others)

    monkeypatch.setattr(planner, "write", write_damaged)
    report = await Parity(nasty, SEED).run(300, until_different=True)
    assert report.differences


def damaged(node: Any, kind: type) -> Any:
    """The tree with each node of this kind replaced."""
    if type(node) is kind:
        return FAULTY[kind]
    if isinstance(node, tuple):
        return tuple(damaged(one, kind) for one in node)
    if isinstance(node, dict):
        return {key: damaged(one, kind) for key, one in node.items()}
    if type(node).__module__ != tree.__name__:
        return node
    return replace(node, **{part.name: damaged(getattr(node, part.name), kind) for part in fields(node)})


def kinds(parity: Parity, asked: set[str] | None) -> set[str]:
    """What the fields that were asked are declared as; of all fields without."""
    found: set[str] = set()
    for name, graphql_type in parity.planning.schema.type_map.items():
        for key, shown in getattr(graphql_type, "fields", {}).items():
            declaration: Any = declaration_of(shown) if hasattr(shown, "resolve") else None
            if declaration is not None and (asked is None or f"{name}.{key}" in asked):
                found.add(f"{type(declaration).__name__} {getattr(declaration, 'what', '')}")
    return found
