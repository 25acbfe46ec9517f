"""Which tests should notice that a check is gone: those that run its lines, as coverage saw them once."""

import os
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from coverage import CoverageData

from tests.policy_mutations.checks import ROOT, Check

MATRIX = "tests/permissions"
ROOMS = sorted(
    f"tests/{path.name}"
    for path in (ROOT / "tests").iterdir()
    if path.name == "graph"
    or ((ROOT / "hub" / path.name).is_dir() and path.name not in {"cli", "web", "demo", "store"})
)


def record(file: Path) -> None:
    """Runs the tests of the rooms and the matrix once, in a child, and keeps which of them ran which line."""
    words = [
        "-q",
        "--no-header",
        "-n",
        "2",
        "-p",
        "no:cacheprovider",
        "--cov=hub",
        "--cov-context=test",
        "--cov-report=",
    ]
    environment = {**os.environ, "COVERAGE_FILE": str(file), "HUB_TEST_BACKENDS": "embedded"}
    subprocess.run([sys.executable, "-m", "pytest", *words, MATRIX, *ROOMS], cwd=ROOT, env=environment, check=False)


class Witnesses:
    def __init__(self, file: Path) -> None:
        self._seen = CoverageData(str(file))
        self._seen.read()

    def of(self, check: Check, lines: Mapping[str, Collection[int]]) -> list[str]:
        """The tests that run one of these lines, those of its room first; whoever does not cannot miss it."""
        room = self._room(check)
        ran: set[str] = set()
        for path, numbers in lines.items():
            seen = self._seen.contexts_by_lineno(path)
            ran.update(context for number in numbers for context in seen.get(number, ()))
        tests = {context.rpartition("|")[0] for context in ran if context}
        return sorted(tests, key=lambda test: (not test.startswith(f"{room}/"), test.startswith(MATRIX), test))

    def of_what_is_worked_out_once(self, check: Check, place: Path) -> Iterator[list[str]]:
        """SQL and declarations are, in a process: their lines do not tell which tests go by them."""
        room = self._room(check)
        rooms = [room] if (place / room).exists() else ["tests/subjects"]
        matrix = [f"{MATRIX}/test_matrix.py", "-k", "not front and not (node and not nodes)"]
        # What a list leaves out, its room notices first; what a viewer may not see, the matrix.
        yield from (rooms, matrix) if check.path.name == "loaders.py" else (matrix, rooms)
        yield [MATRIX]

    def _room(self, check: Check) -> str:
        parts = check.path.relative_to(ROOT).parts
        return f"tests/{parts[2] if parts[1] == 'graph' and len(parts) > 3 else parts[1]}"
