"""A check taken out of the functions and constants that are loaded already, which costs no import."""

import ast
import gc
import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from tests.policy_mutations.checks import Check

_Lines = dict[str, set[int]]
_LONGEST = 40
"""Lines of a statement; a longer one is a body whose other lines say nothing of the check."""


@dataclass(frozen=True)
class Swap:
    """`codes` are functions that change, `constants` what stands outside of them; `lines` run only where these count."""

    codes: dict[FunctionType, CodeType]
    constants: list[tuple[Any, Any]]
    lines: _Lines

    def apply(self) -> None:
        for function, code in self.codes.items():
            function.__code__ = code
        for old, new in self.constants:
            _become(old, new)


def swapped(check: Check) -> Swap | None:
    """None when it stands where neither a function nor a constant has it."""
    path = str(check.path)
    old, new = (compile(text, path, "exec") for text in (check.path.read_text(), check.without()))
    if _outside(old) != _outside(new):
        return _of_constants(check, new)
    before, after = list(_functions(old)), list(_functions(new))
    if [code.co_qualname for code in before] != [code.co_qualname for code in after]:
        return None
    codes = {(one.co_qualname, one.co_firstlineno): other for one, other in zip(before, after, strict=True)}
    live = [one for one in _live_functions() if one.__code__.co_filename == path]
    found = {
        one: code
        for one in live
        if (code := codes.get((one.__code__.co_qualname, one.__code__.co_firstlineno)))
        and code.co_freevars == one.__code__.co_freevars
    }
    if not found:
        return None
    made = _of_constants(check, new) if _is_called_by_the_module(check) else None
    if made is None:
        return Swap(found, [], {path: _statement(check)})
    # It ran at import only: what it made is what the tests use.
    return Swap(found, made.constants, {path: _statement(check), **made.lines})


def _is_called_by_the_module(check: Check) -> bool:
    """Whether the function that holds it makes a constant of its module."""
    body = ast.parse(check.path.read_text()).body
    around = {
        one.name
        for one in body
        if isinstance(one, ast.FunctionDef) and one.lineno <= check.start[0] <= (one.end_lineno or 0)
    }
    made = [one.value for one in body if isinstance(one, ast.Assign | ast.AnnAssign) and one.value]
    return any(isinstance(name, ast.Name) and name.id in around for value in made for name in ast.walk(value))


def _statement(check: Check) -> set[int]:
    """The lines of the innermost statement around it: of a text over several lines only the first is seen to run."""
    around = [
        set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        for node in ast.walk(ast.parse(check.path.read_text()))
        if isinstance(node, ast.stmt) and node.lineno <= check.start[0] and check.end[0] <= (node.end_lineno or 0)
    ]
    inner = min(around, key=len)
    return inner if len(inner) < _LONGEST else set(range(check.start[0], check.end[0] + 1))


def _of_constants(check: Check, code: CodeType) -> Swap | None:
    module = next(one for one in sys.modules.values() if getattr(one, "__file__", None) == str(check.path))
    anew: dict[str, Any] = {"__name__": module.__name__, "__file__": module.__file__}
    exec(code, anew)
    pairs = [
        (old, anew[name])
        for name, old in vars(module).items()
        if name in anew and not name.startswith("__") and not _is_code(old)
        if _shown(old) != _shown(anew[name])
    ]
    lines: _Lines = {}
    for function in _live_functions():
        known, codes = function.__globals__, [function.__code__, *_functions(function.__code__)]
        if any(known.get(name) is old for code in codes for name in code.co_names for old, _ in pairs):
            numbers = {number for code in codes for _, _, number in code.co_lines() if number}
            lines.setdefault(function.__code__.co_filename, set()).update(numbers)
    return Swap({}, pairs, lines) if pairs else None


def _become(old: Any, new: Any) -> None:
    """Whoever holds a declaration keeps it, and finds it changed; of a text, each module that has it gets the other."""
    if not hasattr(old, "__dict__"):
        for module in list(sys.modules.values()):
            for name in [name for name, value in vars(module).items() if value is old]:
                setattr(module, name, new)
        return
    for name, value in vars(new).items():
        if _tells(name, value):
            vars(old)[name] = value
    vars(old).pop("_one_statement", None)


def _shown(value: Any) -> Any:
    """Equal where nothing changed."""
    if not hasattr(value, "__dict__"):
        return value
    return {name: _shown_part(part) for name, part in vars(value).items() if _tells(name, part)}


def _shown_part(part: Any) -> Any:
    return part.__code__.co_code + repr(part.__code__.co_consts).encode() if isinstance(part, FunctionType) else part


def _tells(name: str, value: Any) -> bool:
    return isinstance(value, (str, FunctionType)) or name == "steps"


def _is_code(value: Any) -> bool:
    """Modules, classes and functions: no constants."""
    return isinstance(value, ModuleType) or callable(value)


def _live_functions() -> list[FunctionType]:
    root = str(Path(__file__).parents[2] / "hub")
    return [
        one for one in gc.get_objects() if isinstance(one, FunctionType) and one.__code__.co_filename.startswith(root)
    ]


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
