"""Random operations over the whole schema, whole and broken, over HTTP and as streams, by all kinds of people."""

import asyncio
from collections.abc import AsyncGenerator
from random import Random
from time import thread_time

import httpx2
import orjson
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from structlog.testing import capture_logs

from hub.graph.callers import Callers
from hub.graph.documents import BadDocument
from hub.graph.operations import Engine
from hub.graph.schema import build as build_schema
from hub.graph.schema import core
from hub.live.backend import Backend
from hub.refusals import Refusal
from hub.users.commands import issue_token
from hub.web.limits import limits_of
from hub.web.routes import build
from tests.client import Client
from tests.conftest import EXAMPLES, HARD
from tests.documents import Document, Documents
from tests.fuzz.answers import CODES, ensure_coded, ensure_sound
from tests.fuzz.breaking import broken_body, broken_text, broken_variables
from tests.fuzz.turns import watched
from tests.parity import VIEWERS, supply

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    # An error that nulls a parent makes graphql-core drop its other fields, begun or not.
    pytest.mark.filterwarnings("ignore:.*never awaited", "ignore::pytest.PytestUnraisableExceptionWarning"),
]

SCHEMA = core(build_schema())
ROOTS = {
    "query": list(SCHEMA.query_type.fields),
    "mutation": list(SCHEMA.mutation_type.fields),
    "subscription": list(SCHEMA.subscription_type.fields),
}
LONGEST_TURN = 0.05
PATIENCE = 3
fuzzed = settings(
    max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
randoms = st.randoms(use_true_random=True)


class Door:
    """The hub's HTTP address, with people who ask there."""

    def __init__(
        self, client: Client, http: httpx2.AsyncClient, tokens: dict[str | None, str], make: Documents
    ) -> None:
        self.client = client
        self._http = http
        self._tokens = tokens
        self._make = make

    def maker(self, random: Random) -> Documents:
        return Documents(self._make.schema, self._make.supply, random, set())

    async def post(self, content: bytes | Document, random: Random) -> httpx2.Response:
        handle = random.choice(VIEWERS)
        headers = {"Content-Type": "application/json"}
        if handle is not None:
            headers["Authorization"] = f"Bearer {self._tokens[handle]}"
        if isinstance(content, Document):
            content = encoded(content)
        with capture_logs() as logs:
            async with watched() as turns:
                answer = await self._http.post("/graphql", content=content, headers=headers)
        assert [line for line in logs if line["log_level"] == "error"] == [], content
        assert not HARD or turns.longest < LONGEST_TURN, (turns.longest, content)
        return answer


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(shared: Client) -> AsyncGenerator[Door]:
    here = shared.backend
    # Aliases keep random fields apart; plans are made at once, so that both ways to an answer are tried.
    backend = Backend(
        here.settings.model_copy(update={"document_aliases": 10_000, "plan_sights": 1}), here.database, here.broker
    )
    callers = Callers(backend)
    limits = limits_of(backend.settings)
    web = build(Engine(backend, callers), callers, here.relay, limits, {}, lambda caller: caller.viewer.user_id)
    tokens = {handle: (await issue_token(here.database, handle, 1)).text for handle in VIEWERS if handle}
    make = Documents(SCHEMA, await supply(here), Random(0), set())
    transport = httpx2.ASGITransport(Starlette(routes=web.routes))
    async with httpx2.AsyncClient(transport=transport, base_url="http://hub") as http:
        yield Door(shared, http, tokens, make)


def encoded(document: Document) -> bytes:
    return orjson.dumps({"query": document.text, "variables": document.variables})


@pytest.mark.parametrize("name", ROOTS["query"])
@settings(fuzzed, max_examples=max(4, EXAMPLES // 10))
@given(random=randoms)
async def test_every_query_is_answered(door: Door, name: str, random: Random):
    document = door.maker(random).about("query", name)
    ensure_sound(await door.post(document, random), document)


@pytest.mark.parametrize("name", ROOTS["mutation"])
@settings(fuzzed, max_examples=max(4, EXAMPLES // 10))
@given(random=randoms)
async def test_every_mutation_is_answered(door: Door, name: str, random: Random):
    document = door.maker(random).about("mutation", name)
    ensure_sound(await door.post(document, random), document)


@pytest.mark.parametrize("name", ROOTS["subscription"])
@settings(fuzzed, max_examples=max(4, EXAMPLES // 10))
@given(random=randoms)
async def test_every_subscription_begins_or_is_refused(door: Door, name: str, random: Random):
    document = door.maker(random).about("subscription", name)
    try:
        async with (
            asyncio.timeout(PATIENCE),
            door.client.listen(document.text, random.choice(VIEWERS), **document.variables) as answers,
        ):
            ensure_coded(await anext(answers), str(document))
    except BadDocument as bad:
        assert {error["extensions"]["code"] for error in bad.errors} <= CODES, document
    except (Refusal, StopAsyncIteration):
        pass
    except TimeoutError:
        assert name == "tallyStream", document  # of subjects that nobody may see there is nothing to tell


@fuzzed
@given(random=randoms)
async def test_random_queries_are_answered(door: Door, random: Random):
    document = door.maker(random).make()
    ensure_sound(await door.post(document, random), document)


@fuzzed
@given(random=randoms, kind=st.sampled_from(["query", "mutation"]))
async def test_broken_documents_are_refused_in_words_for_their_authors(door: Door, random: Random, kind: str):
    whole = door.maker(random).about(kind, random.choice(ROOTS[kind]))
    document = Document(broken_text(whole.text, random), whole.variables, set())
    ensure_sound(await door.post(document, random), document)


@fuzzed
@given(random=randoms, kind=st.sampled_from(["query", "mutation"]))
async def test_wrong_variables_are_refused_in_words_for_their_authors(door: Door, random: Random, kind: str):
    whole = door.maker(random).about(kind, random.choice(ROOTS[kind]))
    document = Document(whole.text, broken_variables(whole.variables, random), set())
    ensure_sound(await door.post(document, random), document)


@fuzzed
@given(random=randoms)
async def test_broken_bodies_are_refused_as_json(door: Door, random: Random):
    body = broken_body(door.maker(random).make(), random)
    answer = await door.post(body, random)
    ensure_sound(answer, body)


async def test_a_turn_that_takes_long_is_found():
    def spin() -> None:
        until = thread_time() + 2 * LONGEST_TURN
        while thread_time() < until:
            pass

    async with watched() as turns:
        asyncio.get_running_loop().call_soon(spin)
    assert turns.longest >= 2 * LONGEST_TURN
