"""Documents that clients name: of a build, and kept by their hash."""

from hashlib import sha256
from pathlib import Path

import orjson
import pytest

from hub.graph.callers import Callers
from hub.graph.documents import BadDocument
from hub.graph.operations import Engine
from hub.graph.persisted import LONGEST_KEPT, Named, read
from tests.client import Client

pytestmark = pytest.mark.asyncio(loop_scope="module")
STATUS = "{ status { mode } }"
VERSION = "query Version { status { version } }"


def hashed(text: str) -> Named:
    return Named(sha256(text.encode()).hexdigest(), hashed=True)


def code(engine: Engine, text: str, named: Named | None) -> str:
    with pytest.raises(BadDocument) as refusal:
        engine.prepare(text, None, named)
    return refusal.value.errors[0]["extensions"]["code"]


def engine_of(shared: Client, **limits: object) -> Engine:
    there = shared.under(**limits)
    return Engine(there.backend, Callers(there.backend))


@pytest.fixture
def built(tmp_path: Path) -> Path:
    file = tmp_path / "build.json"
    file.write_bytes(orjson.dumps({"version-1": VERSION}))
    return file


async def test_a_document_is_kept_by_its_hash_once_it_was_sent_with_it(shared: Client):
    engine = engine_of(shared)
    assert code(engine, "", hashed(STATUS)) == "PERSISTED_QUERY_NOT_FOUND"
    sent = engine.prepare(STATUS, None, hashed(STATUS))
    assert engine.prepare("", None, hashed(STATUS)) is sent


async def test_a_document_is_not_kept_by_the_hash_of_another(shared: Client):
    engine = engine_of(shared)
    assert code(engine, VERSION, hashed(STATUS)) == "PERSISTED_QUERY_HASH_MISMATCH"
    assert code(engine, "", hashed(STATUS)) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize("text", ["{ status {", "{ status { nothing } }", "{ " + "status { mode } " * 301 + "}"])
async def test_what_breaks_a_limit_or_is_no_document_is_not_kept(shared: Client, text: str):
    engine = engine_of(shared)
    code(engine, text, hashed(text))
    assert code(engine, "", hashed(text)) == "PERSISTED_QUERY_NOT_FOUND"


async def test_the_store_of_kept_documents_is_bounded(shared: Client):
    engine = engine_of(shared, documents_automatic=2)
    for text in (STATUS, VERSION, "{ __typename }"):
        engine.prepare(text, None, hashed(text))
    assert code(engine, "", hashed(STATUS)) == "PERSISTED_QUERY_NOT_FOUND"
    engine.prepare("", None, hashed(VERSION))
    long = STATUS + " " * LONGEST_KEPT
    engine.prepare(long, None, hashed(long))
    assert code(engine, "", hashed(long)) == "PERSISTED_QUERY_NOT_FOUND"


async def test_a_document_of_a_build_runs_by_its_id_and_by_its_hash(shared: Client, built: Path):
    engine = engine_of(shared, documents_file=built)
    operation = engine.prepare("", None, Named("version-1"))
    assert operation.name == "Version"
    assert engine.prepare("", None, hashed(VERSION)) is operation
    assert engine.prepare(VERSION, None) is operation


async def test_a_document_of_a_build_is_planned_before_it_is_asked(shared: Client, tmp_path: Path):
    file = tmp_path / "build.json"
    file.write_bytes(orjson.dumps({"posts": "{ posts { nodes { id } } }"}))
    engine = engine_of(shared, documents_file=file)
    operation = engine.prepare("", None, Named("posts"))
    caller = await shared.caller(None)
    async with shared.backend.database.watching() as log:
        await engine.execute(operation, {}, caller)
    assert len(log.statements) == 1


async def test_a_document_that_does_not_fit_any_more_hinders_no_start(shared: Client, tmp_path: Path):
    file = tmp_path / "build.json"
    file.write_bytes(orjson.dumps({"old": "{ gone }", "version-1": VERSION}))
    engine = engine_of(shared, documents_file=file)
    assert code(engine, "", Named("old")) == "GRAPHQL_VALIDATION_FAILED"
    assert engine.prepare("", None, Named("version-1")).name == "Version"


async def test_a_hub_may_run_registered_documents_only(shared: Client, built: Path):
    engine = engine_of(shared, documents_file=built, documents_only=True)
    assert engine.prepare(VERSION, None).name == "Version"
    assert code(engine, STATUS, None) == "PERSISTED_QUERY_ONLY"
    assert code(engine, STATUS, hashed(STATUS)) == "PERSISTED_QUERY_ONLY"


async def test_the_tokens_of_registered_documents_are_not_counted(shared: Client, built: Path):
    engine = engine_of(shared, documents_file=built, document_tokens=10, documents_automatic=0)
    long = "{ status { mode version } a: __typename b: __typename }"
    assert code(engine, long, None) == "GRAPHQL_PARSE_FAILED"
    built.write_bytes(orjson.dumps({"long": long}))
    engine_of(shared, documents_file=built, document_tokens=10).prepare("", None, Named("long"))


@pytest.mark.parametrize(
    "content",
    [
        {"a": STATUS},
        {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": "a", "body": STATUS}]},
    ],
)
async def test_the_files_of_all_builds_are_read(tmp_path: Path, content: object):
    file = tmp_path / "build.json"
    file.write_bytes(orjson.dumps(content))
    assert read(file) == {"a": STATUS}


@pytest.mark.parametrize("content", [b"[]", b"nothing", b'{"a": 1}', b'{"operations": [1]}'])
async def test_other_files_are_refused(tmp_path: Path, content: bytes):
    file = tmp_path / "build.json"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"it|character"):
        read(file)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("{ categories { id } }", 60),
        ("{ categories { id } ...s } fragment s on Query { status { mode } }", 5),
        ("{ categories { id } ... { posts { nodes { id } } } }", 0),
        ("{ __typename }", 0),
    ],
)
async def test_an_answer_may_be_kept_as_long_as_the_shortest_hint_says(shared: Client, text: str, seconds: int):
    assert engine_of(shared).prepare(text, None).max_age == seconds
