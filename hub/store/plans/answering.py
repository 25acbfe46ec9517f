"""Runs a statement: one round trip, one snapshot, finished JSON text, or a Miss.

A Miss means that somebody else has to answer: a value is missing where one must be, or the database refused the
statement. It is never a matter of time or of the connection: those are raised as they are, and nothing is run again.
"""

import re
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import asyncpg
import orjson
import structlog

from hub.store.audience import Viewer
from hub.store.database import Database
from hub.store.instants import from_text, to_text
from hub.store.loaders import facts_of
from hub.store.plans.statement import HOLE_BEGINS, HOLE_ENDS, Statement
from hub.store.plans.tree import Computed
from hub.store.plans.unescaped import escape

_HOLE = re.compile(rf"{HOLE_BEGINS}(\d+) (.*?){HOLE_ENDS}", re.DOTALL)
_log: Any = structlog.get_logger()

# Values that do not fit: data. Statements that PostgreSQL does not take: our mistake, or too large for it.
_DATA = (asyncpg.DataError, asyncpg.CardinalityViolationError)
_REFUSED = (asyncpg.SyntaxOrAccessError, asyncpg.ProgramLimitExceededError, asyncpg.FeatureNotSupportedError)
_TOO_LARGE = re.compile(r"stack|too |limit", re.IGNORECASE)
_PASSING = re.compile(r"locked|interrupted|disk|I/O|closed|open", re.IGNORECASE)


class Miss(Exception):
    """No answer from here. `broken`: and there never will be, whatever the rows."""

    def __init__(self, reason: str, *, broken: bool = False) -> None:
        super().__init__(reason)
        self.broken = broken


async def answer(
    statement: Statement,
    database: Database,
    viewer: Viewer,
    parameters: Mapping[str, Any],
    arguments: Mapping[int, Mapping[str, Any]],
    asked_at: datetime,
) -> str:
    """The JSON text; `arguments` are those of the calls whose holes Python fills in."""
    values = {**parameters, **statement.constants, **facts_of(viewer)}
    if "asked_at" in statement.prepared.names:
        values["asked_at"] = to_text(asked_at)
    try:
        finish = None if statement.escaped else escape
        text = await database.text(statement.prepared, values, statement.functions, finish, small=statement.small)
    except _DATA as error:
        raise Miss(type(error).__name__) from error
    except _REFUSED as error:
        raise _broken(error) from error
    except sqlite3.OperationalError as error:
        if _PASSING.search(str(error)):
            raise
        if "user-defined function" in str(error):
            raise Miss("a value is missing") from error
        raise _broken(error) from error
    if text is None:
        raise Miss("nothing came back")
    return _filled(text, statement.holes, viewer, arguments) if statement.holes else text


def _broken(error: Exception) -> Miss:
    if not _TOO_LARGE.search(str(error)):
        _log.error("plan.refused", error=str(error))
    return Miss(f"the database refuses: {error}", broken=True)


def _filled(text: str, holes: tuple[Computed, ...], viewer: Viewer, arguments: Mapping[int, Mapping[str, Any]]) -> str:
    def fill(match: re.Match[str]) -> str:
        node = holes[int(match[1])]
        columns = orjson.loads(match[2])
        for place, (_, kind) in enumerate(node.inputs):
            if kind == "instant" and columns[place] is not None:
                columns[place] = from_text(columns[place])
        own: Mapping[str, Any] = arguments.get(node.call, {}) if node.call is not None else {}
        given = (viewer, *node.given) if node.sees_viewer else node.given
        return _shown(node.function(*given, *columns, **own), node)

    try:
        return _HOLE.sub(fill, text)
    except Miss:
        raise
    except Exception as error:  # whatever a field's function raises is Strawberry's to tell
        raise Miss(f"{type(error).__name__} in a computed field") from error


def _shown(value: Any, node: Computed) -> str:
    if value is None and not node.null:
        raise Miss("null where none may be")
    if node.names is not None and value is not None and value not in node.names:
        raise Miss("no name of its enum")
    return orjson.dumps(to_text(value) if isinstance(value, datetime) else value).decode()
