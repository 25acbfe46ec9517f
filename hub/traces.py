"""Spans of requests, operations and statements for OpenTelemetry. Off unless `start` is called (`HUB_TRACES`), and
until then nothing of it is imported. A span has no variables, values, tokens or words of an error.
"""

from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

_NOTHING = nullcontext[Any]()
_tracing: "_Tracing | None" = None


class _Tracing:
    def __init__(self, provider: Any = None) -> None:
        from opentelemetry import propagate, trace  # noqa: PLC0415 - an extra, not there unless it is wanted

        self.provider = provider or _exporting()
        self._tracer = self.provider.get_tracer("hub")
        self._extract: Any = propagate.extract
        self._kind = trace.SpanKind
        self._failed: Any = trace.Status(trace.StatusCode.ERROR)

    @contextmanager
    def span(self, name: str, headers: Mapping[str, str] | None, attributes: dict[str, Any]) -> Generator[Any]:
        """With `headers` one of a server, below the caller's span if they name one."""
        given = {name: value for name, value in attributes.items() if value is not None}
        with self._tracer.start_as_current_span(
            name,
            context=None if headers is None else self._extract(headers),
            kind=self._kind.INTERNAL if headers is None else self._kind.SERVER,
            attributes=given,
            record_exception=False,  # its words may be a person's
            set_status_on_exception=False,
        ) as span:
            try:
                yield span
            except BaseException as problem:
                span.set_attribute("error.type", type(problem).__name__)
                span.set_status(self._failed)
                raise


def _exporting() -> Any:
    """Sends to the collector that the variables `OTEL_EXPORTER_OTLP_…` name."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - of the extra
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - of the extra
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - of the extra
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - of the extra

    provider = TracerProvider(resource=Resource.create({"service.name": "engagement-hub"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def start(provider: Any = None) -> None:
    """`provider`: a `TracerProvider` of one's own; without one spans are sent."""
    global _tracing  # noqa: PLW0603 - one for the process, as its metrics are
    _tracing = _Tracing(provider)


def stop() -> None:
    """Send what is left; takes as long as the collector does."""
    global _tracing
    ending, _tracing = _tracing, None
    if ending is not None:
        ending.provider.shutdown()


def request(method: str, headers: Mapping[str, str]) -> AbstractContextManager[Any]:
    """Of GraphQL over HTTP; the span, or None while it is off."""
    if _tracing is None:
        return _NOTHING
    return _tracing.span(f"{method} /graphql", headers, {"http.request.method": method})


def operation(kind: str, name: str | None) -> AbstractContextManager[Any]:
    if _tracing is None:
        return _NOTHING
    told = {"graphql.operation.type": kind, "graphql.operation.name": name}
    return _tracing.span(f"{kind} {name}" if name else kind, None, told)


def statement(text: str, system: str) -> AbstractContextManager[Any]:
    """`text` holds places for values and no value."""
    if _tracing is None:
        return _NOTHING
    told = {"db.system.name": "postgresql" if system == "postgres" else "sqlite", "db.query.text": text}
    return _tracing.span(text.split(None, 1)[0].lower(), None, told)
