"""Documents by their ids over HTTP, in the three spellings of clients, and what caches may do with the answers."""

from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from hub.live.backend import Backend
from hub.users.commands import issue_token
from tests.client import Client
from tests.web.real import asking, web_of
from tests.web.serving import serving

STATUS = "{ status { mode } }"
CATEGORIES = "query Categories { categories { slug } }"
MINE = "query Mine { viewer { user { handle } } }"
RENAME = "mutation Out { logout { errors { code } } }"
SAVE = "mutation ($i: SaveAppInput!) { saveApp(input: $i) { app { id persistedOnly } errors { code } } }"
ISSUE = "mutation ($i: IssueAppTokenInput!) { issueAppToken(input: $i) { tokenOnce errors { code } } }"
HASH = sha256(STATUS.encode()).hexdigest()
APOLLO = {"persistedQuery": {"version": 1, "sha256Hash": HASH}}
BUILD = {"categories-1": CATEGORIES, "mine-1": MINE, "out-1": RENAME}
SPELLINGS: list[dict[str, Any]] = [
    {"extensions": APOLLO},
    {"documentId": f"sha256:{HASH}"},
    {"doc_id": f"sha256:{HASH}"},
]


@pytest.fixture
def built(story: Backend, tmp_path: Path) -> Backend:
    """With the documents of a build."""
    file = tmp_path / "build.json"
    file.write_bytes(orjson.dumps(BUILD))
    settings = story.settings.model_copy(update={"documents_file": file, "documents_automatic": 2})
    return Backend(settings, story.database, story.broker)


@pytest.fixture
async def hub(built: Backend) -> AsyncIterator[httpx2.AsyncClient]:
    async with asking(built) as client:
        yield client


async def ask(hub: httpx2.AsyncClient, method: str, request: dict[str, Any], **headers: str) -> httpx2.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if method == "POST":
        return await hub.post("/graphql", json=request, headers=named)
    texts = {name: part if isinstance(part, str) else orjson.dumps(part).decode() for name, part in request.items()}
    return await hub.get("/graphql", params=texts, headers=named)


def code(answer: httpx2.Response) -> str:
    [error] = answer.json()["errors"]
    return error["extensions"]["code"]


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_a_hash_that_is_not_known_is_sent_with_its_document_and_known_from_then_on(hub, method, spelling):
    unknown = await ask(hub, method, spelling)
    assert (unknown.status_code, code(unknown)) == (400, "PERSISTED_QUERY_NOT_FOUND")
    assert unknown.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    for request in ({"query": STATUS, **spelling}, spelling):
        answer = await ask(hub, method, request)
        assert (answer.status_code, answer.json()["data"]) == (200, {"status": {"mode": "NORMAL"}})


async def test_a_socket_takes_documents_by_their_ids_too(built: Backend):
    _, web = web_of(built)
    async with serving(web) as served, served.greeted() as peer:

        async def ask(**payload: Any) -> Any:
            await peer.send("subscribe", id="1", payload=payload)
            first = await peer.take()
            return first["payload"] if first["type"] == "error" else (first["payload"]["data"], await peer.take())

        apollo = {"extensions": APOLLO}
        (unknown,) = await ask(**apollo)
        assert unknown["message"] == "PersistedQueryNotFound"
        for request in ({"query": STATUS, **apollo}, apollo, {"query": None, **apollo}):
            data, last = await ask(**request)
            assert (data, last["type"]) == ({"status": {"mode": "NORMAL"}}, "complete")
        for name in ("documentId", "doc_id"):
            data, _ = await ask(**{name: "categories-1"})
            assert data["categories"]
        (wrong,) = await ask(documentId=7)
        assert wrong["extensions"]["code"] == "BAD_REQUEST"


async def test_apollo_gets_its_words_with_200_where_it_takes_old_json_alone(hub):
    answer = await ask(hub, "POST", SPELLINGS[0], accept="application/json")
    assert (answer.status_code, code(answer)) == (200, "PERSISTED_QUERY_NOT_FOUND")
    assert "data" not in answer.json()


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_the_hash_of_another_document_is_refused_and_keeps_nothing(hub, spelling):
    answer = await ask(hub, "POST", {"query": CATEGORIES, **spelling})
    assert (answer.status_code, code(answer)) == (400, "PERSISTED_QUERY_HASH_MISMATCH")
    assert code(await ask(hub, "POST", spelling)) == "PERSISTED_QUERY_NOT_FOUND"


async def test_no_more_documents_are_kept_than_may(hub):
    for number in range(3):
        text = f"query Q{number} {{ status {{ mode }} }}"
        digest = sha256(text.encode()).hexdigest()
        await ask(hub, "POST", {"query": text, "documentId": f"sha256:{digest}"})
    first = sha256(b"query Q0 { status { mode } }").hexdigest()
    assert code(await ask(hub, "POST", {"documentId": f"sha256:{first}"})) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize("name", ["documentId", "doc_id"])
@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_document_of_a_build_runs_by_its_own_id(hub, method, name):
    answer = await ask(hub, method, {name: "categories-1"})
    assert (answer.status_code, list(answer.json()["data"])) == (200, ["categories"])
    both = await ask(hub, method, {name: "categories-1", "query": STATUS})
    assert (both.status_code, code(both)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "request_",
    [
        {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": HASH}}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "x" * 64}}},
        {"extensions": {"persistedQuery": {"version": 1}}},
        {"extensions": {"persistedQuery": 1}},
        {"extensions": []},
        {"documentId": 7},
        {"documentId": ""},
        {"documentId": "x" * 201},
        {"doc_id": {"a": 1}},
    ],
)
async def test_an_id_that_is_none_is_no_request(hub, request_):
    answer = await ask(hub, "POST", request_)
    assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")


async def test_a_named_mutation_does_not_run_by_get(hub):
    answer = await ask(hub, "GET", {"documentId": "out-1"})
    assert (answer.status_code, code(answer)) == (405, "MUTATION_NEEDS_POST")


async def test_a_cache_may_keep_an_answer_to_get_as_long_as_its_fields_say_and_asks_by_its_tag_then(hub):
    answer = await ask(hub, "GET", {"documentId": "categories-1"})
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert {name.strip() for name in answer.headers["vary"].split(",")} == {"Accept", "Authorization"}
    tag = answer.headers["etag"]
    for asked in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        again = await ask(hub, "GET", {"documentId": "categories-1"}, if_none_match=asked)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["cache-control"] == "public, max-age=60"
        assert again.headers["vary"] == answer.headers["vary"]
        assert "content-type" not in again.headers
    changed = await ask(hub, "GET", {"documentId": "categories-1"}, if_none_match='W/"0000"')
    assert (changed.status_code, changed.headers["etag"]) == (200, tag)


async def test_what_a_token_was_shown_is_for_nobody_else(hub, story: Backend):
    token = f"Bearer {(await issue_token(story.database, 'ines', 1)).text}"
    mine = await ask(hub, "GET", {"documentId": "mine-1"}, authorization=token)
    assert mine.json()["data"] == {"viewer": {"user": {"handle": "ines"}}}
    assert mine.headers["cache-control"] == "private, no-cache"
    shared = await ask(hub, "GET", {"documentId": "categories-1"}, authorization=token)
    assert shared.headers["cache-control"] == "private, max-age=60"
    nobody = await ask(hub, "GET", {"documentId": "mine-1"}, if_none_match=mine.headers["etag"])
    assert nobody.status_code == 200


@pytest.mark.parametrize(
    "request_", [{"query": "{ nothing }"}, {"documentId": "gone"}, {"query": '{ node(id: "!") { id } }'}]
)
async def test_no_cache_keeps_errors(hub, request_):
    answer = await ask(hub, "GET", request_)
    assert "errors" in answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


async def test_no_cache_keeps_what_was_posted(hub):
    answer = await ask(hub, "POST", {"documentId": "categories-1"}, if_none_match="*")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert "etag" not in answer.headers


async def test_an_app_may_be_held_to_registered_documents_and_nobody_else_is(story: Backend, tmp_path: Path):
    file = tmp_path / "build.json"
    file.write_bytes(orjson.dumps(BUILD))
    settings = story.settings.model_copy(update={"documents_file": file})
    backend = Backend(settings, story.database, story.broker)
    client = Client(backend)
    await story.database.write("update users set role = 'ADMIN' where handle = 'mara'")
    saved = await client.data(SAVE, "mara", i={"name": "Held app", "scopes": [], "persistedOnly": True})
    app = saved["saveApp"]["app"]
    assert app["persistedOnly"] is True
    issued = await client.data(ISSUE, "mara", i={"appId": app["id"], "scopes": []})
    token = f"Bearer {issued['issueAppToken']['tokenOnce']}"
    async with asking(backend) as hub:
        await ask(hub, "POST", {"query": STATUS, **SPELLINGS[0]})  # kept by its hash, which registers nothing
        for request in ({"query": STATUS}, {"query": STATUS, **SPELLINGS[0]}):
            refused = await ask(hub, "POST", request, authorization=token)
            assert (refused.status_code, code(refused)) == (400, "PERSISTED_QUERY_ONLY")
            assert (await ask(hub, "POST", request)).status_code == 200
        unknown = await ask(hub, "POST", SPELLINGS[0], authorization=token)
        assert code(unknown) == "PERSISTED_QUERY_NOT_FOUND"
        for request in ({"documentId": "categories-1"}, {"query": CATEGORIES}):
            assert (await ask(hub, "POST", request, authorization=token)).status_code == 200
        freed = {"id": app["id"], "name": "Held app", "scopes": []}
        assert (await client.data(SAVE, "mara", i=freed))["saveApp"]["app"]["persistedOnly"] is False
        assert (await ask(hub, "POST", {"query": STATUS}, authorization=token)).status_code == 200


async def test_a_hub_that_runs_registered_documents_only_says_so(story: Backend, tmp_path: Path):
    file = tmp_path / "build.json"
    file.write_bytes(orjson.dumps(BUILD))
    settings = story.settings.model_copy(update={"documents_file": file, "documents_only": True})
    async with asking(Backend(settings, story.database, story.broker)) as hub:
        refused = await ask(hub, "POST", {"query": STATUS})
        assert (refused.status_code, code(refused)) == (400, "PERSISTED_QUERY_ONLY")
        assert code(await ask(hub, "POST", {"query": STATUS, **SPELLINGS[0]})) == "PERSISTED_QUERY_ONLY"
        for request in ({"doc_id": "categories-1"}, {"query": CATEGORIES}):
            assert (await ask(hub, "POST", request)).status_code == 200
