"""Variables that are taken as they came are those that graphql-core would have made of them."""

from itertools import product
from typing import Any

import pytest
from graphql import build_schema, get_variable_values

from hub.graph.documents import BadDocument, Documents
from hub.graph.variables import Variables
from hub.settings import settings as settings_of_environment

SCHEMA = build_schema(
    "enum E { A } input I { n: Int } type Query { f(s: String, i: ID, b: Boolean, n: Int, e: E, o: I): Int }"
)
DECLARED = [
    ("s", "String", ""),
    ("s", "String!", ""),
    ("s", "String", ' = "x"'),
    ("i", "ID", ""),
    ("i", "ID!", ""),
    ("b", "Boolean", ""),
    ("b", "Boolean", " = true"),
    ("n", "Int", ""),
    ("n", "Int!", " = 2"),
    ("e", "E", ""),
    ("o", "I", ""),
]
GIVEN: list[Any] = ["a", "A", "", 1, 0, -(2**31), 2**31, 1.0, 1.5, True, False, None, ["a"], [], {"n": 1}, {}]


@pytest.mark.parametrize(("argument", "kind", "default"), DECLARED)
def test_each_value_is_taken_or_refused_as_by_graphql_core(argument: str, kind: str, default: str) -> None:
    settings = settings_of_environment()
    text = f"query($v: {kind}{default}, $also: String) {{ f({argument}: $v) g: f(s: $also) }}"
    operation = Documents(SCHEMA, settings).prepare(text, None)
    variables = Variables(SCHEMA, settings)
    absent: list[dict[str, Any]] = [{}, {"also": "b"}, {"strange": 1}]
    for given in [
        *absent,
        *({"v": value} for value in GIVEN),
        *({"v": a, "also": b} for a, b in product(GIVEN, GIVEN)),
    ]:
        wanted = get_variable_values(SCHEMA, operation.definition.variable_definitions or (), given)
        if isinstance(wanted, list):
            with pytest.raises(BadDocument):
                variables.of(operation, given)
        else:
            found = variables.of(operation, given)
            assert shown(found) == shown(wanted), given


def shown(values: Any) -> str:
    sources = {name: (repr(source.signature[:2]), source.value) for name, source in values.sources.items()}
    return f"{sources} {values.coerced}"
