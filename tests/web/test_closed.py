"""A hub in production, whose schema is closed, tells no guesser which names it has."""

import asyncio
import json
import os
import re
import shutil
from pathlib import Path

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, build_schema

from hub.graph.documents import BadDocument
from hub.settings import Settings
from tests.cli.servers import serving
from tests.client import Client
from tests.conftest import REQUIRED

SCHEMA = build_schema(Path("schema.graphql").read_text())
GUESSES = [
    "{ wrong }",
    "{ post }",
    "{ thread(slug: 7) { id } }",
    '{ post(slug: "welcome") { title { x } } }',
    '{ post(slug: "welcome") }',
    "{ post(slag: 1) { id } }",
    "{ posts(kind: STORIES) { nodes { id } } }",
    "{ pots { id } }",
    "query ($x: PostKin) { posts { nodes { id } } }",
    "query ($x: Post) { posts { nodes { id } } }",
    "{ node(id: 1) { ... on Pos { id } } }",
    "{ post(slug: 1) { ... on User { id } } }",
    "mutation { addComment { replayed } }",
    "mutation { addComment(input: {}) { replayed } }",
    "mutation { addComment(input: 7) { replayed } }",
    "mutation { addComment(input: {subject: 1}) { replayed } }",
    'mutation { rsvp(input: {choice: MAYBEE, eventId: "x"}) { replayed } }',
    "subscription { commentStream { __typename } }",
    "subscription { a: commentAdded { id } b: viewerStream { cursor } }",
    "{ __schema { types { name } } }",
    '{ __type(name: "Post") { name } }',
    "{ posts @skip { nodes { id } } }",
    "{ posts @costs { nodes { id } } }",
]
VARIABLES = [
    ("mutation ($i: AddCommentInput!) { addComment(input: $i) { replayed } }", {"i": {}}),
    ("mutation ($i: AddCommentInput!) { addComment(input: $i) { replayed } }", {"i": {"subject": 1}}),
    ("mutation ($i: RsvpInput!) { rsvp(input: $i) { replayed } }", {"i": {"eventId": "x", "choice": "GO"}}),
    ("query ($id: ID!) { node(id: $id) { id } }", {}),
]


def names() -> set[str]:
    """All words of the schema that a guesser might want, but those that English needs too."""
    found: set[str] = set()
    for name, known in SCHEMA.type_map.items():
        if name.startswith("__"):
            continue
        found.add(name)
        if isinstance(known, (GraphQLObjectType, GraphQLInterfaceType, GraphQLInputObjectType)):
            found |= set(known.fields)
            for field in known.fields.values():
                found |= set(getattr(field, "args", {}))
        if isinstance(known, GraphQLEnumType):
            found |= set(known.values)
    return found


def told(text: str) -> set[str]:
    """The schema's own names in a text: what has two humps, an underscore, or is in quotation marks."""
    words = set(re.findall(r"\b(?:[A-Za-z]+[a-z][A-Z]\w*|[A-Z]+_[A-Z_]+)\b", text))
    return (words | set(re.findall(r"'([^']*)'", text))) & names()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("guess", GUESSES)
async def test_a_wrong_guess_is_answered_like_any_other(shared: Client, guess: str):
    with pytest.raises(BadDocument) as refusal:
        await shared.ask(guess)
    (error,) = refusal.value.errors
    assert set(error) == {"message", "extensions"}
    assert error["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
    assert told(error["message"]) == set()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("document", "variables"), VARIABLES)
async def test_wrong_variables_are_answered_without_names(shared: Client, document: str, variables: dict[str, object]):
    with pytest.raises(BadDocument) as refusal:
        await shared.ask(document, **variables)
    (error,) = refusal.value.errors
    assert error["extensions"] == {"code": "INVALID"}
    assert told(error["message"]) == set()


@pytest.mark.asyncio(loop_scope="module")
async def test_in_development_what_is_wrong_is_told(shared: Client):
    with pytest.raises(BadDocument) as refusal:
        await shared.under(mode="development").ask("{ wrong }")
    (error,) = refusal.value.errors
    assert error["message"] == "Cannot query field 'wrong' on type 'Query'."
    assert error["locations"] == [{"line": 1, "column": 3}]


@pytest.mark.asyncio(loop_scope="module")
async def test_in_development_wrong_variables_are_told_before_anything_runs(shared: Client):
    open_hub = shared.under(mode="development")
    async with open_hub.backend.database.watching() as log:
        with pytest.raises(BadDocument) as refusal:
            await open_hub.ask("query ($n: Int) { posts(first: $n) { nodes { id } } }", n="ten")
    (error,) = refusal.value.errors
    assert error["message"].startswith("Variable '$n' has invalid value")
    assert (error["extensions"]["code"], log.statements) == ("INVALID", [])


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "guess", ["{ %s }" % " ".join(f"f{n}" for n in range(300)), "{ status { %s } }" % ("@x " * 49)]
)
async def test_in_development_no_more_errors_are_listed_than_may(shared: Client, guess: str):
    with pytest.raises(BadDocument) as refusal:
        await shared.under(mode="development").ask(guess.replace("{ @", "{ mode @"))
    assert len(refusal.value.errors) == Settings().errors_shown


@pytest.mark.asyncio(loop_scope="module")
async def test_in_development_nothing_is_suggested(shared: Client):
    open_hub = shared.under(mode="development")
    for guess in (
        "{ pots { id } }",
        "{ post(slag: 1) { id } }",
        "query ($x: PostKin) { posts { nodes { id } } }",
        "{ threads(sort: ACTIV) { nodes { id } } }",
        '{ threads(filter: {categoryIdd: "x"}) { nodes { id } } }',
        "{ status @inclde(if: true) { mode } }",
        "{ posts { nodes { ... on Pots { id } } } }",
    ):
        with pytest.raises(BadDocument) as refusal:
            await open_hub.ask(guess)
        assert all("Did you mean" not in error["message"] for error in refusal.value.errors)


async def test_over_a_socket_a_wrong_guess_is_answered_the_same(settings: Settings):
    async with serving(settings, "serve") as server, server.listen("{ pots { id } }") as listener:
        message = json.loads(await listener.ws.recv())
    assert message["type"] == "error"
    assert told(json.dumps(message["payload"])) == set()
    assert [set(error) for error in message["payload"]] == [{"message", "extensions"}]


async def test_clairvoyance_with_all_our_names_recovers_nothing(settings: Settings, tmp_path: Path):
    command = os.environ.get("HUB_TEST_CLAIRVOYANCE") or shutil.which("clairvoyance")
    if command is None:
        missing = "clairvoyance is not there: install it into a venv of its own, and name it in HUB_TEST_CLAIRVOYANCE"
        pytest.fail(missing) if REQUIRED and os.environ.get("CI") else pytest.skip(missing)
    words = tmp_path / "words.txt"
    words.write_text("\n".join(sorted(names() | {f"{name}s" for name in names()} | {"lol", "user", "me", "search"})))
    found = tmp_path / "found.json"
    async with serving(settings, "serve") as server:
        process = await asyncio.create_subprocess_exec(
            *(command, "-w", words, "-o", found, "-c", "4", "-m", "1", f"http://{server.address}/graphql"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(240):
            output, _ = await process.communicate()
    assert b"Field Suggestion is not fully enabled" in output
    assert not found.exists() or recovered(json.loads(found.read_text())) == set()


def recovered(schema: dict[str, object]) -> set[str]:
    types = schema["data"]["__schema"]["types"]
    return {field["name"] for kind in types for field in kind.get("fields") or ()}
