"""Shows what would answer a document: its tree and its statement, or why there is none."""

from dataclasses import fields, is_dataclass
from typing import Any

from graphql import get_variable_values

from hub.graph.documents import BadDocument, Documents
from hub.graph.plans.leaves import NoPlan
from hub.graph.plans.planner import Planner
from hub.graph.schema import build, core
from hub.settings import Settings
from hub.store.audience import Standing, Viewer
from hub.store.database import Database
from hub.store.loaders import Loader
from hub.store.plans.unescaped import readable


async def shown(settings: Settings, text: str, standing: Standing, variables: dict[str, Any] | None = None) -> str:
    """Raise NoPlan for what has none, and for variables that do not fit."""
    schema = build()
    try:
        operation = Documents(core(schema), settings).prepare(text, None)
    except BadDocument as bad:
        raise NoPlan(str(bad)) from None
    planner = Planner(schema, core(schema), settings.model_copy(update={"plan_sights": 1}))
    definitions = operation.definition.variable_definitions or ()
    given: Any = get_variable_values(core(schema), definitions, variables or {})
    if isinstance(given, list):
        raise NoPlan("; ".join(error.message for error in given))  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType, reportUnknownArgumentType] - graphql-core is partly typed
    database = await Database.open(settings)
    try:
        order = planner.order(operation, given, Viewer(standing=standing), database)
        tree = "\n".join(_lines(planner.plant(operation, given).root, 0))
    finally:
        await database.close()
    return f"{tree}\n\n{readable(order.plan.statement.prepared.text)}"


def _lines(node: Any, depth: int) -> list[str]:
    """A node and, further in, what hangs on it."""
    own = [f"{part.name}={_short(getattr(node, part.name))}" for part in fields(node) if not _below(node, part.name)]
    lines = [f"{type(node).__name__} {' '.join(own)}".strip()]
    for part in fields(node):
        for key, below in _below(node, part.name):
            first, *others = _lines(below, depth + 1) if is_dataclass(below) else ["cursor"]
            lines += [f"  {key}: {first}", *(f"  {line}" for line in others)]
    return lines


def _below(node: Any, name: str) -> list[tuple[str, Any]]:
    value: Any = getattr(node, name)
    if name == "fields":
        return list(value)
    if name == "options":
        return [(_short(key), row[1] if isinstance(row, tuple) else row) for key, row in value.items()]
    return [("row", value)] if name == "object" and value is not None else []


def _short(value: Any) -> str:
    if isinstance(value, Loader):
        return f"{value.table.name}.{value.key}"
    return value.__name__ if callable(value) and hasattr(value, "__name__") else repr(value)
