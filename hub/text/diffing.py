"""What changed between two texts, line by line."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import takewhile

_MOST_PAIRS = 250_000
_CONTEXT = 3


def diff_of(before: str, after: str) -> str:
    """A unified diff of one hunk, from the first line that differs to the last; empty when none does.

    `difflib` compares lines in pairs: where so much differs that it would hold the process up, all of that counts as
    replaced.
    """
    old, new = before.splitlines(), after.splitlines()
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    gone, come = old[head : len(old) - tail], new[head : len(new) - tail]
    if not gone and not come:
        return ""
    above = old[max(0, head - _CONTEXT) : head]
    below = old[len(old) - tail :][:_CONTEXT]
    around = len(above) + len(below)
    start = head - len(above) + 1
    title = f"@@ -{start},{around + len(gone)} +{start},{around + len(come)} @@"
    return "\n".join([title, *_marked(" ", above), *_between(gone, come), *_marked(" ", below)])


def _between(gone: list[str], come: list[str]) -> Iterator[str]:
    if len(gone) * len(come) > _MOST_PAIRS:
        yield from _marked("-", gone)
        yield from _marked("+", come)
        return
    for what, start, end, there, until in SequenceMatcher(None, gone, come, autojunk=False).get_opcodes():
        if what == "equal":
            yield from _marked(" ", gone[start:end])
        else:
            yield from _marked("-", gone[start:end])
            yield from _marked("+", come[there:until])


def _marked(mark: str, lines: list[str]) -> Iterator[str]:
    return (f"{mark}{line}" for line in lines)


def _alike(one: list[str], other: list[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
