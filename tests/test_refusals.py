"""What a refusal says is for people, who want to know what to do next."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import hub

PACKAGE = Path(hub.__file__).parent
# A colon or a second sentence after the reason, or what to do in place of one.
SAYS_MORE = re.compile(r": |\. |^(Accept|Agree|Ask|Give|Log in|Save|Say|Send|Use|Wait) ")
# The rule that is broken says it all.
RULES = re.compile(r"has (1|\?) to \? |^`.*` (is|are) [01] to ")


def refusals() -> Iterator[tuple[str, str]]:
    """Where each refusal is raised, and its words, `?` for what is filled in."""
    for path in sorted(set(PACKAGE.rglob("*.py")) - set(PACKAGE.glob("cli/**/*.py"))):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.endswith("Refusal"):
                words = [said for given in node.args[:3] if (said := text_of(given)).count(" ")]
                yield from ((f"{path.relative_to(PACKAGE)}:{node.lineno}", said) for said in words[:1])


def text_of(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "?" for part in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else ""


def test_each_refusal_is_a_sentence_that_says_what_to_do_next():
    said = list(refusals())
    assert len(said) > 100
    assert [one for one in said if not one[1].endswith(".")] == []
    assert [one for one in said if not SAYS_MORE.search(one[1]) and not RULES.search(one[1])] == []
