"""Takes out each policy check in turn and counts what the suite misses: `python -m tests.policy_mutations [WORD …]`.

A check is, found by reading the code:

- in a room's `rules.py`: each `raise`, each `return` of a `may_…` function, each predicate that a function gives as
  SQL for one standing, and each comparison in it;
- in a room's commands: each call of an `ensure_…` or `may_…` rule;
- in its `tables.py` and `loaders.py`: each `visible=` and each `where=` that leaves rows out;
- in the graph: each call of a rule too;
- anywhere: each `if` that asks for scopes or for what keeps a person out, and each narrowing of scopes;
- where tokens, sessions and apps are kept: each `raise`, and each condition of their SQL.

Two at a time are taken out, each in a child that has all modules already and only gets the functions' other code; what
stands outside of functions, and what is missed so, in a copy of the tree that is imported anew. The tests that should notice run first, then those of the room,
at last the whole matrix. With WORDs only the checks whose description holds one of them. Exits with 1 when anything is
missed.
"""

import ast
import asyncio
import gc
import inspect
import os
import re
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from types import CodeType, FunctionType

import pytest

from hub.settings import Settings

ROOT = Path(__file__).parents[1]
MATRIX = ["tests/permissions"]
AT_ONCE = 2
_COMPARISON = re.compile(
    r"(?:\{\{?t\}?\}|\b[a-z]{2})\.\w+ (?:(?:=|<>) (?::\w+|'\w+'|\{?\{\w+\}?\}(?:\.\w+)?)|in \([^)]*\)|\{\{?in \w+\}?\})"
)
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
Swap = dict[FunctionType, CodeType]
_PREDICATES = ("visible_", "shows_", "listed", "has_")
NEAREST = ["tests/subjects", "tests/store/test_visibility.py", "tests/graph/test_visibility.py"]
# Words of the mutations by which a room is used.
_DEEDS = {
    "clubs": "Club or Member",
    "comments": "Comment or react",
    "events": "rsvp",
    "forum": "Thread",
    "partners": "App or Token or Grant",
    "posts": "Post",
    "users": "login or Session or logout or verify or reset or change or sanction or block",
}
# Where the conditions of SQL and the refusals of commands say whether somebody is let in.
_KEEPERS = {
    *("hub/users/tokens.py", "hub/users/sessions.py", "hub/users/signing_in.py", "hub/users/recovering.py"),
    *("hub/users/sanctioning.py", "hub/users/links.py", "hub/users/addresses.py"),
    *("hub/partners/tokens.py", "hub/partners/commands/apps.py", "hub/partners/commands/grants.py"),
    *("hub/partners/commands/shared.py", "hub/partners/commands/tokens.py"),
}
_CONDITION = re.compile(
    r"(?:\b\w+\.)?\b(?:ended_at|revoked_at|expires_at|status|refresh_digest|spent_digest|last_seen_at|user_id|wanted_email)"
    r" (?:is null|> \{\{?[\w ]+\}?\}|= 'ACTIVE'|= \{\{?as_(?:id|text) (?!status)\w+\}?\}|= :\w+)(?= |\"|$|\))"
)
# What ends a race, and what stands below an `if` that is taken out itself.
_NO_CHECKS = {"raise too_busy()", "raise out"}
_ASKS = re.compile(r"\.lacks\(|keeping_out\(|\bscopes\b|\bneeded\b|scopes_of\(")


@dataclass(frozen=True)
class Check:
    """One place in one file, and what stands there when the check is out."""

    path: Path
    start: tuple[int, int]
    end: tuple[int, int]
    instead: str
    what: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.start[0]} {self.what}"

    def without(self) -> str:
        lines = self.path.read_text().splitlines(keepends=True)
        (first, left), (last, right) = self.start, self.end
        head, tail = _cut(lines[first - 1], left)[0], _cut(lines[last - 1], right)[1]
        return "".join([*lines[: first - 1], head, self.instead, tail, *lines[last:]])


def checks() -> Iterator[Check]:
    for path in sorted((ROOT / "hub").glob("*/**/*.py")):
        tree = ast.parse(path.read_text())
        if path.name == "rules.py":
            yield from _of_rules(path, tree)
        elif path.name in {"tables.py", "loaders.py"}:
            yield from _of_declarations(path, tree)
        else:
            yield from _of_commands(path, tree)
        if path.parts[len(ROOT.parts) + 1] != "cli":
            yield from _of_conditions(path, tree)
        if str(path.relative_to(ROOT)) in _KEEPERS:
            yield from _of_keepers(path, tree)


def _of_rules(path: Path, tree: ast.Module) -> Iterator[Check]:
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        if function.name.startswith(_PREDICATES):
            yield from _of_predicate(path, function)
        gives_sql = function.name.startswith(_PREDICATES)
        for node in ast.walk(function):
            if isinstance(node, ast.Raise):
                yield _check(path, node, "pass", f"{function.name}: {ast.unparse(node)[:70]}")
            elif isinstance(node, ast.Return) and node.value is not None:
                if function.name.startswith("may_") and not _is_true(node.value):
                    yield _check(path, node, "return True", f"{function.name}: {ast.unparse(node)[:70]}")
                if gives_sql and ast.unparse(node.value) != "'true'":
                    yield _check(path, node, "return 'true'", f"{function.name}: {ast.unparse(node)[:70]}")


def _of_predicate(path: Path, function: ast.FunctionDef) -> Iterator[Check]:
    """Each comparison in its SQL, made true."""
    lines = path.read_text().splitlines()
    for number in range(function.body[0].lineno, (function.end_lineno or function.lineno) + 1):
        for match in _COMPARISON.finditer(lines[number - 1]):
            start, end = (len(lines[number - 1][:place].encode()) for place in match.span())
            yield Check(path, (number, start), (number, end), "true", f"{function.name}: {match[0]}")


def _of_conditions(path: Path, tree: ast.Module) -> Iterator[Check]:
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and _ASKS.search(ast.unparse(node.test)):
            yield _check(path, node.test, "False", f"if {ast.unparse(node.test)[:70]}")
        if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.BitAnd):
            yield _check(path, node, "pass", ast.unparse(node)[:70])


def _of_keepers(path: Path, tree: ast.Module) -> Iterator[Check]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc is not None and ast.unparse(node) not in _NO_CHECKS:
            yield _check(path, node, "pass", ast.unparse(node)[:70])
    for number, line in enumerate(path.read_text().splitlines(), 1):
        for match in _CONDITION.finditer(line) if "set " not in line[: len(line) // 2] else ():
            start, end = (len(line[:place].encode()) for place in match.span())
            yield Check(path, (number, start), (number, end), "true", f"condition {match[0]}")


def _of_declarations(path: Path, tree: ast.Module) -> Iterator[Check]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"Table", "Loader"}:
            for keyword in node.keywords:
                if keyword.arg == "visible":
                    yield _check(path, keyword.value, "(lambda _standing: 'true')", ast.unparse(node)[:70])
                if keyword.arg == "where":
                    yield _check(path, keyword.value, "'true'", f"where of {ast.unparse(node)[:70]}")


def _of_commands(path: Path, tree: ast.Module) -> Iterator[Check]:
    rules = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith(".rules")
        for alias in node.names
        if alias.name.startswith(("ensure_", "may_"))
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in rules:
            yield _check(path, node, _harmless(node), f"call of {ast.unparse(node)[:70]}")


def _harmless(call: ast.Call) -> str:
    """What the call would give to somebody who may."""
    name = ast.unparse(call.func)
    if name.startswith("may_"):
        return "True"
    if name in {"ensure_signed_in", "ensure_standing", "ensure_policy_team"}:
        return "viewer.user_id"
    return f"({ast.unparse(call.args[0])})" if call.args else "None"


def _check(path: Path, node: ast.stmt | ast.expr, instead: str, what: str) -> Check:
    end = (node.end_lineno or node.lineno, node.end_col_offset or 0)
    return Check(path, (node.lineno, node.col_offset), end, instead, " ".join(what.split()))


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _cut(line: str, offset: int) -> tuple[str, str]:
    """Offsets count bytes."""
    text = line.encode()
    return text[:offset].decode(), text[offset:].decode()


def swapped(check: Check) -> Swap:
    """The functions that change and their code without the check; none when it stands outside of a function."""
    path = str(check.path)
    old, new = (compile(text, path, "exec") for text in (check.path.read_text(), check.without()))
    if _outside(old) != _outside(new):
        return {}
    before, after = list(_functions(old)), list(_functions(new))
    if [code.co_qualname for code in before] != [code.co_qualname for code in after]:
        return {}
    codes = {(one.co_qualname, one.co_firstlineno): other for one, other in zip(before, after, strict=True)}
    live = [one for one in gc.get_objects() if isinstance(one, FunctionType) and one.__code__.co_filename == path]
    return {
        one: code
        for one in live
        if (code := codes.get((one.__code__.co_qualname, one.__code__.co_firstlineno)))
        and code.co_freevars == one.__code__.co_freevars
    }


def _functions(code: CodeType) -> Iterator[CodeType]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            if one.co_flags & inspect.CO_OPTIMIZED:
                yield one
            yield from _functions(one)


def _outside(code: CodeType) -> list[object]:
    """What module and classes do themselves."""
    own = [code.co_code, code.co_names, [one for one in code.co_consts if not isinstance(one, CodeType)]]
    classes = [one for one in code.co_consts if isinstance(one, CodeType) and not one.co_flags & inspect.CO_OPTIMIZED]
    return [own, [_outside(one) for one in classes]]


def is_missed(check: Check, copy: Path) -> bool:
    """What the quick way misses is tried again with a fresh import, as something may have been worked out by then."""
    swap = swapped(check)
    if swap and not all(_green(partial(_run, ROOT, tests, swap)) for tests in _tests_of(check, ROOT)):
        return False
    place = copy / check.path.relative_to(ROOT)
    kept = place.read_text()
    place.write_text(check.without())
    try:
        return all(_green(partial(_run_anew, copy, tests)) for tests in _tests_of(check, copy))
    finally:
        place.write_text(kept)


def _tests_of(check: Check, copy: Path) -> Iterator[list[str]]:
    """First what should notice, then the tests of the room, at last the whole matrix."""
    room = check.path.relative_to(ROOT).parts[1 if check.path.parent.parent != ROOT / "hub" / "graph" else 2]
    hides = check.path.name in {"tables.py", "loaders.py"} or check.what.startswith(_PREDICATES)
    folder = MATRIX[0]
    if hides:
        yield [f"{folder}/test_matrix.py", "-k", "not front and not (node and not nodes)"]
    elif room in _DEEDS:
        yield [f"{folder}/test_deeds.py", "-k", _DEEDS[room]]
    near = ["tests/partners", "tests/users"] if "/tokens.py" in str(check.path) else [f"tests/{room}"]
    near += ["tests/users/test_sanctions.py"] if "may_talk" in check.what else []
    near += ["tests/partners/test_scopes.py"] if room not in _DEEDS else []
    yield [one for one in [*NEAREST, *near] if (copy / one).exists()]
    yield MATRIX


_ANEW = """
import sys, pytest
from tests import conftest
conftest._templates["sqlite"] = sys.argv[1]
sys.exit(pytest.main(sys.argv[2:]))
"""


def _green(run: Callable[[], int]) -> bool:
    """Run in a child, which has from its parent what takes long to import."""
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
    for function, code in swap.items():
        function.__code__ = code
    os.chdir(place)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    with tempfile.TemporaryDirectory() as folder:
        return int(pytest.main([*_QUIETLY, "--basetemp", f"{folder}/tests", *tests]))


def main() -> int:
    for name in (*_LIBRARIES, *(".".join(path.relative_to(ROOT).with_suffix("").parts) for path in _modules())):
        import_module(name)
    words = sys.argv[1:] or [""]
    found = [check for check in checks() if any(word in str(check) for word in words)]
    missed: list[Check] = []
    with tempfile.TemporaryDirectory() as folder:
        _make_template(Path(folder) / "template")
        with get_context("fork").Pool(AT_ONCE, _begin, [folder]) as pool:
            if not pool.apply(_is_green_as_it_is, [folder]):
                print("The matrix is red as it is.")
                return 1
            verdicts = pool.imap(partial(_judge, folder), found)
            for place, (check, is_out) in enumerate(zip(found, verdicts, strict=True), 1):
                missed += [check] if is_out else []
                print(f"{place}/{len(found)} {'MISSED' if is_out else 'caught'} {check}", flush=True)
    print(f"{len(found)} checks taken out, {len(missed)} missed.")
    return 1 if missed else 0


def _modules() -> Iterator[Path]:
    for room in ("permissions", "subjects", "partners", "store", "graph", *_DEEDS):
        yield from (ROOT / "tests" / room).glob("test_*.py")
    yield ROOT / "tests/conftest.py"


def _make_template(folder: Path) -> None:
    """A migrated database, for all; made in a child, as threads and forks do not mix."""
    folder.mkdir()
    conftest = import_module("tests.conftest")
    conftest._templates["sqlite"] = str(folder / "hub.sqlite3")
    maker = get_context("fork").Process(target=lambda: asyncio.run(conftest.migrate(Settings(data_dir=folder))))
    maker.start()
    maker.join()


def _begin(folder: str) -> None:
    """Each process has a copy of its own."""
    shutil.copytree(ROOT, _copy(folder), ignore=shutil.ignore_patterns(".git", "__pycache__", ".*cache", "hub-data"))


def _copy(folder: str) -> Path:
    return Path(folder) / str(os.getpid())


def _is_green_as_it_is(folder: str) -> bool:
    return _green(partial(_run_anew, _copy(folder), MATRIX))


def _judge(folder: str, check: Check) -> bool:
    return is_missed(check, _copy(folder))


if __name__ == "__main__":
    sys.exit(main())
