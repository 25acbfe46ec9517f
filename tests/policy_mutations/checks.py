"""Where the policy is: each place that says who may do what, found by reading the code.

- In a room's `rules.py`: each `raise`, each `return` of a `may_…` function, each predicate that a function gives as
  SQL for one standing, and each comparison in it;
- in a room's commands: each call of an `ensure_…` or `may_…` rule;
- in its `tables.py` and `loaders.py`: each `visible=` and each `where=` that leaves rows out;
- in the graph: each call of a rule too;
- anywhere: each `if` that asks for scopes or for what keeps a person out, and each narrowing of scopes;
- where tokens, sessions and apps are kept: each `raise`, and each condition of their SQL.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_COMPARISON = re.compile(
    r"(?:\{\{?t\}?\}|\b[a-z]{2})\.\w+ (?:(?:=|<>) (?::\w+|'\w+'|\{?\{\w+\}?\}(?:\.\w+)?)|in \([^)]*\)|\{\{?in \w+\}?\})"
)
PREDICATES = ("visible_", "shows_", "listed", "has_")
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
        if function.name.startswith(PREDICATES):
            yield from _of_predicate(path, function)
        gives_sql = function.name.startswith(PREDICATES)
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
