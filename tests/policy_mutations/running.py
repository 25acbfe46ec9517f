"""Tests run without a check: in a fork that has all modules already, or in an interpreter of its own."""

import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from hub.graph import schema
from tests.policy_mutations.checks import PREDICATES, ROOT, Check
from tests.policy_mutations.swapping import Swap, swapped
from tests.policy_mutations.witnesses import MATRIX, ROOMS, Witnesses

_LIBRARIES = (
    *("strawberry", "strawberry.schema.schema", "graphql", "tortoise", "tortoise.migrations.executor", "asyncpg"),
    *("pydantic_settings", "email_validator", "markdown_it", "starlette", "redis.asyncio", "structlog"),
)
_QUIETLY = (
    *("-q", "-x", "--no-header", "-p", "no:cacheprovider", "-p", "no:unraisableexception"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)
# Is it green? No test at all is, and an import that fails is not; the other ends of pytest say nothing.
_VERDICTS = {0: True, 5: True, 1: False, 2: False}
# Tables, loaders, and the looks put before the schema's resolvers.
_ONCE = {"tables.py", "loaders.py", "scopes.py"}
_ANEW = """
import sys, pytest
from tests import conftest
conftest._templates["sqlite"] = sys.argv[1]
sys.exit(pytest.main(sys.argv[2:]))
"""


def import_all() -> None:
    """What the tests import is there for each fork."""
    paths = [path for room in (MATRIX, *ROOMS) for path in (ROOT / room).glob("test_*.py")]
    for name in (
        *_LIBRARIES,
        *(".".join(path.relative_to(ROOT).with_suffix("").parts) for path in [ROOT / "tests/conftest.py", *paths]),
    ):
        import_module(name)
    for plugin in entry_points(group="pytest11"):
        plugin.load()


def is_missed(check: Check, witnesses: Witnesses, copy: Path) -> bool:
    swap = swapped(check)
    once = check.path.name in _ONCE or check.what.startswith(PREDICATES)
    if swap and not once:
        tests = witnesses.of(check, swap.lines)
        return not tests or _green(partial(_run, ROOT, tests, swap))
    if swap and not all(
        _green(partial(_run, ROOT, tests, swap)) for tests in witnesses.of_what_is_worked_out_once(check, ROOT)
    ):
        return False
    # It may have been worked out by then, so it is tried again with a fresh import.
    place = copy / check.path.relative_to(ROOT)
    kept = place.read_text()
    place.write_text(check.without())
    try:
        found = witnesses.of_what_is_worked_out_once(check, copy)
        return all(_green(partial(_run_anew, copy, tests)) for tests in found)
    finally:
        place.write_text(kept)


def is_green_as_it_is(copy: Path) -> bool:
    return _green(partial(_run_anew, copy, [MATRIX]))


def _green(run: Callable[[], int]) -> bool:
    child = os.fork()
    if child == 0:
        try:
            code = run()
        except BaseException:
            traceback.print_exc()
            code = pytest.ExitCode.INTERNAL_ERROR
        os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code not in _VERDICTS:
        raise RuntimeError(f"The tests ended with {code}, which says nothing.")
    return _VERDICTS[code]


def _run_anew(copy: Path, tests: list[str]) -> int:
    """In an interpreter of its own, with our modules from the copy."""
    template = copy.parent / "template" / "hub.sqlite3"
    words = [sys.executable, "-c", _ANEW, str(template), *_QUIETLY, *tests]
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    return subprocess.run(words, cwd=copy, env=environment, capture_output=True, check=False).returncode


def _run(place: Path, tests: list[str], swap: Swap) -> int:
    swap.apply()
    schema.build.cache_clear()
    os.chdir(place)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    with tempfile.TemporaryDirectory() as folder:
        return int(pytest.main([*_QUIETLY, "--basetemp", f"{folder}/tests", *tests]))
