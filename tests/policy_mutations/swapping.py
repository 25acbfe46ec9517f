"""A check taken out of the functions that are loaded already, which costs no import."""

import gc
import inspect
from collections.abc import Iterator
from types import CodeType, FunctionType

from tests.policy_mutations.checks import Check

Swap = dict[FunctionType, CodeType]


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
