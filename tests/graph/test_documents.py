"""Documents that ask for too much or make no sense: a code each, quickly, and no word of the inside."""

import re
from time import thread_time
from typing import Any

import orjson
import pytest
from graphql import build_client_schema, get_introspection_query

from hub.graph.documents import BadDocument, Documents
from hub.graph.schema import build, core
from hub.settings import Settings
from tests.client import Client
from tests.mutations import document, untouched

pytestmark = pytest.mark.asyncio(loop_scope="module")

INSIDE = re.compile(
    r"Traceback|hub[./]|\.py|select .* from|sqlite|asyncpg|Error\(|0x[0-9a-f]{6}|NoneType|recursion", re.IGNORECASE
)


def doubling(levels: int) -> str:
    """Each fragment spreads the next one twice: 2^levels fields when unfolded."""
    parts = [f"fragment f{n} on Post {{ ...f{n + 1} ...f{n + 1} }}" for n in range(levels)]
    return " ".join(["{ posts { nodes { ...f0 } } }", *parts, f"fragment f{levels} on Post {{ title }}"])


def doubling_deeper(levels: int) -> str:
    """The same, each time a level deeper and under two aliases."""
    parts = [
        f"fragment f{n} on Comment {{ a: parent {{ ...f{n + 1} }} b: parent {{ ...f{n + 1} }} }}" for n in range(levels)
    ]
    return " ".join(['{ comment(id: "x") { ...f0 } }', *parts, f"fragment f{levels} on Comment {{ id }}"])


def chain(levels: int) -> str:
    parts = [f"fragment f{n} on Post {{ ...f{n + 1} }}" for n in range(levels)]
    return " ".join(["{ posts { nodes { ...f0 } } }", *parts, f"fragment f{levels} on Post {{ title }}"])


def nested(levels: int, opening: str, inside: str, around: str = "{ %s }") -> str:
    return around % (opening * levels + inside + " }" * levels)


TOO_MUCH = {
    "5,000 levels": nested(5_000, "parent { ", "id", '{ comment(id: "x") { %s } }'),
    "30 levels": nested(30, "parent { ", "id", '{ comment(id: "x") { %s } }'),
    "400 levels": nested(400, "parent { ", "id", '{ comment(id: "x") { %s } }'),
    "1,000 aliases": "{ " + " ".join(f"a{n}: status {{ mode }}" for n in range(1_000)) + " }",
    "51 aliases": "{ " + " ".join(f"a{n}: status {{ mode }}" for n in range(51)) + " }",
    "aliases in a fragment used often": "{ "
    + "...f " * 5
    + "} fragment f on Query { "
    + " ".join(f"a{n}: __typename" for n in range(20))
    + " }",
    "500 fields": "{ status { " + "mode " * 500 + "} }",
    "20,000 fields": "{ status { " + "mode " * 20_000 + "} }",
    "290 fields of one name": "{ status { " + "mode " * 290 + "} }",
    "300 overlapping selections": "{ " + "status { mode } " * 300 + "}",
    "overlapping fragments": "{ " + "... on Query { status { mode } } " * 200 + "}",
    "a document of many characters": "{ status { mode } }" + "," * 100_000,
    "3,000 overlapping selections": "{ " + "status { mode } " * 3_000 + "}",
    "51 directives": "{ status { mode " + "@include(if: true) " * 51 + "} }",
    "directives of fragments used often": "{ " + "...f @include(if: true) " * 26 + "} fragment f on Query { "
    "status @skip(if: false) { mode } }",
    "51 directives of an operation and its variables": "query ($a: Boolean %s) %s { status { mode } }"
    % ("@x " * 25, "@x " * 26),
    "1,000 known directives": "{ status { mode " + "@include(if: true) " * 300 + "} }",
    "unknown directives": "{ status { mode " + "@unknown " * 900 + "} }",
    "500 operations": " ".join(f"query q{n} {{ __typename }}" for n in range(500)),
    "11 operations": " ".join(f"query q{n} {{ __typename }}" for n in range(11)),
    "11 mutations": "mutation { %s }"
    % " ".join(f'a{n}: joinClub(input: {{clubId: "x"}}) {{ replayed }}' for n in range(11)),
    "mutations hidden in a fragment": "mutation { ...m } fragment m on Mutation { %s }"
    % " ".join(f'a{n}: joinClub(input: {{clubId: "x"}}) {{ replayed }}' for n in range(11)),
    "25 levels of doubling spreads": doubling(25),
    "25 levels of doubling selections": doubling_deeper(18),
    "a chain of fragments": chain(210),
    "fragments within fragments": nested(100, "... on Query { ", "status { mode }"),
    "rows by the million": """{ clubs(first: 100) { nodes { members(first: 100) { nodes { user {
        comments(first: 100) { nodes { replies(first: 100) { nodes { id } } } } } } } } } }""",
    "two billion rows": "{ posts(first: 2147483647) { nodes { id } } }",
    "rows of nothing but ids": """{ clubs(first: 100) { nodes { events(first: 100) { nodes { rsvps(first: 100) {
        nodes { id } } } } } } }""",
    "rows by variables": """query ($n: Int = 100) { clubs(first: $n) { nodes { members(first: $n) { nodes { user {
        comments(first: $n) { nodes { replies(first: $n) { nodes { id } } } } } } } } } }""",
    "introspection of introspection": "{ __schema { types { fields { type { fields { type { fields { type { fields {"
    " type { name } } } } } } } } } }",
}
CODES = {"QUERY_TOO_COSTLY", "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"}
# Limits that a document passes by a hair.
JUST_ENOUGH = {
    "50 aliases": "{ " + " ".join(f"a{n}: status {{ mode }}" for n in range(50)) + " }",
    "20 levels": nested(16, "parent { ", "id", '{ post(slug: "welcome") { comments { nodes { %s } } } }'),
    "300 fields": '{ comments: post(slug: "welcome") { comments { nodes { '
    + "id number depth replyCount version status createdAt editedAt folded byStaff " * 30
    + "} } } }",
    "a short chain of fragments": chain(90),
    "inline fragments": nested(60, "... on Query { ", "status { mode }"),
}


@pytest.mark.parametrize("name", TOO_MUCH)
async def test_a_document_that_asks_for_too_much_is_refused_at_once(shared: Client, name: str) -> None:
    begun = thread_time()
    async with shared.backend.database.watching() as log:
        with pytest.raises(BadDocument) as refusal:
            await shared.ask(TOO_MUCH[name])
    assert thread_time() - begun < 0.8
    assert log.statements == []
    assert refusal.value.status == 400
    assert 1 <= len(refusal.value.errors) <= 10
    assert {error["extensions"]["code"] for error in refusal.value.errors} <= CODES
    assert not INSIDE.search(str(refusal.value.errors))


@pytest.mark.parametrize("name", JUST_ENOUGH)
async def test_a_document_within_the_limits_is_answered(shared: Client, name: str) -> None:
    body = await shared.ask(JUST_ENOUGH[name])
    assert "errors" not in body


@pytest.mark.parametrize("levels", [100, 150, 200, 250, 300, 350, 400, 450, 500, 600])
@pytest.mark.parametrize("opening", ["... { ", "... on Query { ", "... @include(if: true) { "])
async def test_inline_fragments_of_any_depth_are_answered_or_refused(shared: Client, opening: str, levels: int) -> None:
    text = nested(levels, opening, "status { mode }")
    begun = thread_time()
    try:
        body = await shared.ask(text)
    except BadDocument as refusal:
        assert {error["extensions"]["code"] for error in refusal.errors} <= CODES
        assert not INSIDE.search(str(refusal.errors))
    else:
        assert body == {"data": {"status": {"mode": "NORMAL"}}}
    assert thread_time() - begun < 0.8


@pytest.mark.parametrize("levels", [50, 90, 110, 200, 220, 235, 245])
async def test_chains_of_fragments_of_any_length_are_answered_or_refused(shared: Client, levels: int) -> None:
    try:
        body = await shared.ask(chain(levels))
    except BadDocument as refusal:
        assert {error["extensions"]["code"] for error in refusal.errors} <= CODES
        assert not INSIDE.search(str(refusal.errors))
    else:
        assert body["data"] == await shared.data("{ posts { nodes { title } } }")


async def test_a_registered_document_of_any_depth_is_refused_though_its_tokens_are_not_counted() -> None:
    with pytest.raises(BadDocument) as refusal:
        Documents(core(build()), Settings()).hold(chain(2_000))
    assert refusal.value.code == "QUERY_TOO_COSTLY"


@pytest.mark.parametrize("levels", [10, 100, 300, 600, 900])
async def test_lists_in_arguments_of_any_depth_are_refused(shared: Client, levels: int) -> None:
    text = f'{{ nodes(ids: {"[" * levels}"x"{"]" * levels}) {{ id }} }}'
    with pytest.raises(BadDocument) as refusal:
        await shared.ask(text)
    assert {error["extensions"]["code"] for error in refusal.value.errors} <= CODES
    assert not INSIDE.search(str(refusal.value.errors))


@pytest.mark.parametrize(
    "text",
    [
        "{ ...a } fragment a on Query { ...a }",
        "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
        "{ posts { nodes { ...a } } } fragment a on Post { continues { comments { nodes { subject { ...a } } } } }",
    ],
)
async def test_a_fragment_cycle_is_refused(shared: Client, text: str) -> None:
    with pytest.raises(BadDocument) as refusal:
        await shared.ask(text)
    assert {error["extensions"]["code"] for error in refusal.value.errors} == {"GRAPHQL_VALIDATION_FAILED"}


NONSENSE = {
    "nothing": "",
    "spaces": "   ",
    "a comment": "# nothing",
    "a word": "hello",
    "an open brace": "{",
    "only a fragment": "fragment a on Query { __typename }",
    "two nameless operations": "{ __typename } { __typename }",
    "an unknown field": "{ postz { nodes { id } } }",
    "a field nearly right": '{ post(slug: "welcome") { titel } }',
    "an unknown argument": "{ posts(frist: 3) { nodes { id } } }",
    "an unknown type": "{ posts { nodes { ... on Pots { id } } } }",
    "an unknown directive": "{ posts @incldue(if: true) { nodes { id } } }",
    "an unknown enum value": "{ threads(sort: ACTIV) { nodes { id } } }",
    "an unknown input field": '{ threads(filter: {categoryIdd: "x"}) { nodes { id } } }',
    "a text for a number": '{ posts(first: "ten") { nodes { id } } }',
    "a number for an id list": "{ nodes(ids: 1.5) { id } }",
    "a missing argument": "{ user { id } }",
    "a missing selection": "{ posts }",
    "a selection on a leaf": "{ status { mode { x } } }",
    "an undefined variable": "{ posts(first: $n) { nodes { id } } }",
    "a variable of the wrong type": "query ($n: String) { posts(first: $n) { nodes { id } } }",
    "a bad time": '{ threads(filter: {updatedSince: "yesterday"}) { nodes { id } } }',
    "a time without offset": '{ threads(filter: {updatedSince: "2026-01-01T00:00:00"}) { nodes { id } } }',
    "a number beyond 32 bits": "{ posts(first: 99999999999) { nodes { id } } }",
    "a subscription with two fields": 'subscription { commentStream(subjectId: "x") { __typename }'
    ' b: commentStream(subjectId: "x") { __typename } }',
    "a lone surrogate": '{ user(handle: "\\ud800") { id } }',
    "a raw NUL": '{ user(handle: "\0") { id } }',
    "a written NUL": '{ user(handle: "a\\u0000b") { id } }',
    "a NUL in braces": '{ user(handle: "a\\u{0}b") { id } }',
    "50 unknown directives": "{ status { mode " + " ".join(f"@d{n}" for n in range(50)) + " } }",
}


@pytest.mark.parametrize("text", ["", "# nothing", "hello", "{", "{ a(b: ) }", '{ user(handle: "\\ud800") { id } }'])
async def test_what_does_not_parse_is_told_as_that(shared: Client, text: str) -> None:
    with pytest.raises(BadDocument) as refusal:
        await shared.ask(text)
    assert (refusal.value.code, refusal.value.status) == ("GRAPHQL_PARSE_FAILED", 400)


@pytest.mark.parametrize("name", NONSENSE)
async def test_nonsense_is_refused_with_codes_and_without_suggestions(shared: Client, name: str) -> None:
    with pytest.raises(BadDocument) as refusal:
        await shared.ask(NONSENSE[name])
    errors = refusal.value.errors
    assert 1 <= len(errors) <= 10
    assert all(error["extensions"]["code"] for error in errors)
    assert "Did you mean" not in str(errors)
    assert not INSIDE.search(str(errors))


WRONG_VARIABLES: list[tuple[str, dict[str, Any]]] = [
    ("query ($n: Int) { posts(first: $n) { nodes { id } } }", {"n": "ten"}),
    ("query ($n: Int) { posts(first: $n) { nodes { id } } }", {"n": 1.5}),
    ("query ($n: Int) { posts(first: $n) { nodes { id } } }", {"n": True}),
    ("query ($n: Int) { posts(first: $n) { nodes { id } } }", {"n": 2**40}),
    ("query ($n: Int) { posts(first: $n) { nodes { id } } }", {"n": [1]}),
    ("query ($n: Int) { posts(first: $n) { nodes { id } } }", {"n": {"a": 1}}),
    ("query ($h: String!) { user(handle: $h) { id } }", {}),
    ("query ($h: String!) { user(handle: $h) { id } }", {"h": None}),
    ("query ($h: String!) { user(handle: $h) { id } }", {"h": 7}),
    ("query ($h: String!) { user(handle: $h) { id } }", {"h": ["a"]}),
    ("query ($h: String!) { user(handle: $h) { id } }", {"h": "a\0b"}),
    ("query ($h: String!) { user(handle: $h) { id } }", {"h": "a\ud800"}),
    ("query ($s: ThreadSort!) { threads(sort: $s) { nodes { id } } }", {"s": "ACTIV"}),
    ("query ($f: ThreadFilter) { threads(filter: $f) { nodes { id } } }", {"f": {"categoryIdd": "x"}}),
    ("query ($f: ThreadFilter) { threads(filter: $f) { nodes { id } } }", {"f": {"archived": "yes"}}),
    ("query ($f: ThreadFilter) { threads(filter: $f) { nodes { id } } }", {"f": {"updatedSince": "soon"}}),
    ("query ($f: ThreadFilter) { threads(filter: $f) { nodes { id } } }", {"f": {"updatedSince": "9" * 5_000}}),
    ("query ($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": [None]}),
    ("query ($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": [{"a": 1}]}),
    (document("addComment"), {"input": {"subjectId": "x", "idempotencyKey": "k"}}),
    (document("addComment"), {"input": {"subjectId": "x", "body": 5, "idempotencyKey": "k"}}),
    (document("addComment"), {"input": {"subjectId": "x", "body": "b", "idempotencyKey": "k", "authorId": "y"}}),
    (document("addComment"), {"input": "text"}),
    (document("addComment"), {}),
]


@pytest.mark.parametrize(("text", "variables"), WRONG_VARIABLES)
async def test_wrong_variables_are_refused_with_codes_and_without_suggestions(
    shared: Client, text: str, variables: dict[str, Any]
) -> None:
    async with untouched(shared, "ines"):
        with pytest.raises(BadDocument) as refusal:
            await shared.ask(text, "ines", **variables)
    errors = refusal.value.errors
    assert {error["extensions"]["code"] for error in errors} == {"INVALID"}
    assert "Did you mean" not in str(errors)
    assert not INSIDE.search(str(errors))


def nest(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("levels", [50, 500, 5_000])
async def test_variables_of_any_depth_are_refused(shared: Client, levels: int) -> None:
    for text in ("query ($i: [ID!]!) { nodes(ids: $i) { id } }", "query ($i: String!) { user(handle: $i) { id } }"):
        with pytest.raises(BadDocument) as refusal:
            await shared.ask(text, i=nest(levels))
        assert {error["extensions"]["code"] for error in refusal.value.errors} == {"INVALID"}
        assert not INSIDE.search(str(refusal.value.errors))


GARBAGE_IDS = [
    *("", "x", "Post:1", "UG9zdDo=", "UG9zdDotMQ==", "UG9zdDowMQ==", "UG9zdDox\n", " UG9zdDox", "UG9zdDox" * 50),
    *("VW5rbm93bjox", "UG9zdDo5OTk5OTk5OTk5OTk5OTk5OTk5", "8J+YgA==", "💥", "\u0661", "%00", "'; drop table users --"),
]


@pytest.mark.parametrize("garbage", GARBAGE_IDS)
@pytest.mark.parametrize(
    "field", ["node(id: $id)", "post(id: $id)", "comment(id: $id)", "nodes(ids: [$id])", "thread(id: $id)"]
)
async def test_a_garbage_id_is_refused_without_a_word_of_the_inside(shared: Client, garbage: str, field: str) -> None:
    body = await shared.ask(f"query ($id: ID!) {{ {field} {{ id }} }}", id=garbage)
    (error,) = body["errors"]
    assert error["extensions"]["code"] == "INVALID"
    assert error["message"].startswith("This is no id")


async def test_a_number_that_python_does_not_read_is_refused_without_its_words(shared: Client) -> None:
    with pytest.raises(BadDocument) as refusal:
        await shared.under(mode="development").ask(f"{{ posts(first: {'9' * 5_000}) {{ nodes {{ id }} }} }}")
    (error,) = refusal.value.errors
    assert error["message"] == "Expected value of type 'Int'."
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_the_cost_counts_rows_and_not_words(shared: Client) -> None:
    """The same rows asked for by edges, by nodes or by both cost the same as they are."""
    with pytest.raises(BadDocument) as refusal:
        await shared.ask(TOO_MUCH["rows by the million"])
    with pytest.raises(BadDocument) as by_variable:
        await shared.ask(TOO_MUCH["rows by variables"])
    assert refusal.value.errors[0]["extensions"]["cost"] == by_variable.value.errors[0]["extensions"]["cost"]
    with pytest.raises(BadDocument) as smaller:
        await shared.ask(TOO_MUCH["rows by variables"], n=60)
    assert smaller.value.errors[0]["extensions"]["cost"] < refusal.value.errors[0]["extensions"]["cost"] / 4
    assert await shared.data(TOO_MUCH["rows by variables"], n=5)


async def test_rows_cost_once_whichever_way_they_are_shown_and_lists_by_their_length(shared: Client) -> None:
    def cost(text: str, **variables: Any) -> int:
        operation = shared._engine.prepare(text, None)
        return shared._engine._ensure_runnable(operation, variables)[1]

    by_nodes = cost("{ posts(first: 10) { nodes { id } } }")
    assert by_nodes == cost("{ posts(first: 10) { edges { cursor node { id } } pageInfo { endCursor } } }") == 12
    ids = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert cost('{ nodes(ids: ["a", "b", "c"]) { id } }') == cost(ids, ids=["a", "b", "c"]) == 4
    sized = "query ($n: Int) { posts(first: $n) { nodes { id } } }"
    assert cost(sized, n=100) == cost(sized, n=100.0) == 102
    known = len(shared._engine._costs)
    assert cost(sized, n=100, unknown=1, other=[1, 2]) == 102
    assert len(shared._engine._costs) == known


async def test_a_variable_left_out_costs_the_arguments_default(shared: Client) -> None:
    around = """query ($n: Int) { clubs(first: 100) { nodes { members(first: 100) { nodes { user { comments(first: 100)
        { nodes { replies(first: LIMIT) { nodes { id } } } } } } } } } }"""
    costs = []
    for limit in ("10", "$n"):
        with pytest.raises(BadDocument) as refusal:
            await shared.ask(around.replace("LIMIT", limit).replace("($n: Int)", "($n: Int)" if limit == "$n" else ""))
        costs.append(refusal.value.errors[0]["extensions"]["cost"])
    assert costs[0] == costs[1]


@pytest.mark.parametrize("name", ["a", "b"])
async def test_the_operation_of_the_given_name_runs(shared: Client, name: str) -> None:
    engine = shared._engine
    operation = engine.prepare("query a { status { mode } } query b { status { version } }", name)
    answer = await engine.execute(operation, {}, await shared.caller(None))
    assert set(orjson.loads(orjson.dumps(answer.body))["data"]["status"]) == {{"a": "mode", "b": "version"}[name]}


async def test_an_operation_that_is_not_there_is_refused(shared: Client) -> None:
    for text, name in [("query a { __typename } query b { __typename }", None), ("{ __typename }", "c"), ("", None)]:
        with pytest.raises(BadDocument) as refusal:
            shared._engine.prepare(text, name)
        assert refusal.value.errors[0]["extensions"]["code"] in {"OPERATION_UNKNOWN", "GRAPHQL_PARSE_FAILED"}


async def test_introspection_is_closed_in_production(shared: Client) -> None:
    for text in ("{ __schema { types { name } } }", '{ __type(name: "User") { name } }', get_introspection_query()):
        with pytest.raises(BadDocument) as refusal:
            await shared.ask(text)
        assert {error["extensions"]["code"] for error in refusal.value.errors} == {"GRAPHQL_VALIDATION_FAILED"}
    assert await shared.data("{ __typename status { __typename } }") == {
        "__typename": "Query",
        "status": {"__typename": "ServiceStatus"},
    }


async def test_introspection_is_open_in_development_and_rebuilds_the_schema(shared: Client) -> None:
    data = await shared.under(mode="development").data(get_introspection_query(descriptions=True))
    rebuilt = build_client_schema(data)
    assert set(rebuilt.type_map) >= {"Thread", "Post", "Event", "Comment", "User", "Club"}


@pytest.mark.parametrize(
    "text",
    [
        "query a { " + " ".join(f"a{n}: __schema {{ ...s }}" for n in range(100)) + " } fragment s on __Schema"
        " { types { name fields { name description args { name description } } } }",
        "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }",
    ],
)
async def test_introspection_has_limits_in_development_too(shared: Client, text: str) -> None:
    begun = thread_time()
    with pytest.raises(BadDocument) as refusal:
        await shared.under(mode="development").ask(text)
    assert thread_time() - begun < 0.8
    assert {error["extensions"]["code"] for error in refusal.value.errors} <= CODES


async def test_documents_that_passed_are_judged_once_and_the_store_of_them_is_bounded() -> None:
    documents = Documents(core(build()), Settings(documents_cached=3))
    first = documents.prepare("{ status { mode } }", None)
    assert documents.prepare("{ status { mode } }", None).document is first.document
    for n in range(3):
        documents.prepare(f"{{ status {{ mode }} n{n}: __typename }}", None)
    assert documents.prepare("{ status { mode } }", None).document is not first.document


async def test_documents_are_remembered_by_what_they_weigh() -> None:
    documents = Documents(core(build()), Settings(documents_cached=10))
    long = [f"{{ status {{ mode }} n{n}: __typename }} #{'-' * 4_000}" for n in range(3)]
    for text in long:
        documents.prepare(text, None)
    assert [documents.knows(text) for text in long] == [False, True, True]
    small = [f"{{ status {{ mode }} s{n}: __typename }}" for n in range(10)]
    for text in small:
        documents.prepare(text, None)
    assert all(documents.knows(text) for text in small)
    assert not any(documents.knows(text) for text in long)
