"""Spans for OpenTelemetry: one for each request, operation and statement, and nothing at all while it is off."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from hub import traces
from hub.live.backend import Backend
from hub.settings import Settings, inconsistencies
from hub.users.commands import issue_token
from tests.web.real import asking

PAGE = 'query Page { post(slug: "welcome") { title } viewer { user { handle } } }'
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    traces.start(provider)
    yield exporter
    traces.stop()


async def test_a_request_is_a_span_with_its_operation_below_and_the_statements_below_that(
    story: Backend, spans: InMemorySpanExporter
):
    token = (await issue_token(story.database, "ines", 1)).text
    spans.clear()
    headers = {"Authorization": f"Bearer {token}", "traceparent": f"00-{TRACE}-{PARENT}-01"}
    async with asking(story) as hub:
        answer = await hub.post("/graphql", json={"query": PAGE}, headers=headers)
    assert answer.status_code == 200
    found = spans.get_finished_spans()
    (request,) = [span for span in found if span.name == "POST /graphql"]
    (operation,) = [span for span in found if span.name == "query Page"]
    statements = [span for span in found if "db.query.text" in span.attributes]
    assert f"{request.context.trace_id:032x}" == TRACE
    assert f"{request.parent.span_id:016x}" == PARENT
    assert request.attributes["http.response.status_code"] == 200
    assert operation.parent.span_id == request.context.span_id
    assert operation.attributes["graphql.operation.type"] == "query"
    above = {span.parent.span_id for span in statements}
    assert above == {request.context.span_id, operation.context.span_id}  # the token's look-up, and what was asked
    told = "\n".join(span.to_json() for span in found)
    assert not any(secret in told for secret in (token, "welcome", "ines"))


async def test_what_fails_is_marked_without_its_words(story: Backend, spans: InMemorySpanExporter):
    with pytest.raises(Exception, match="nowhere"):
        await story.database.fetch("select secret from nowhere")
    (span,) = [span for span in spans.get_finished_spans() if "nowhere" in span.attributes["db.query.text"]]
    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description is None
    assert span.attributes["error.type"]
    assert span.events == ()


def test_while_it_is_off_nothing_of_it_is_wanted():
    # redis-py looks whether it is there, and does without it too.
    code = "import sys; sys.modules['opentelemetry'] = None; import hub.app, hub.cli.main; print('started')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "started"


def test_who_wants_it_without_the_extra_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch):
    wanted = Settings(traces=True)
    monkeypatch.setattr("hub.settings.find_spec", lambda name: None)
    assert any("engagement-hub[otel]" in line for line in inconsistencies(wanted))
    monkeypatch.setattr("hub.settings.find_spec", lambda name: object())
    assert not any("otel" in line for line in inconsistencies(wanted))
