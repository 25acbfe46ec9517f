"""Small objects that several nouns show: a text, a number that says how true it is, a place."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from hub.graph.fields import clock, column, computed, made
from hub.graph.scalars import URL, Markdown, SafeHTML
from hub.store.formulas import EXCERPT
from hub.text.markdown import cut

_EXCERPT_LENGTH = 500

ExcerptChars = Annotated[int, strawberry.argument(description="Longest excerpt, 1 to 500 characters.")]


def _excerpt(text: str, chars: ExcerptChars = 200) -> str:
    return cut(text, max(1, min(chars, _EXCERPT_LENGTH)))


@strawberry.type(description="A text in its forms.")
class Body:
    source: Markdown = column("body_source", description="As typed by the author.")
    html: SafeHTML = column("body_html", description="Rendered and sanitised when it was written.")
    excerpt: str = computed(_excerpt, "body_excerpt", formula=EXCERPT, description="Plain text, cut at a word.")


@strawberry.enum(description="How true a number is.")
class CountPrecision(Enum):
    EXACT = strawberry.enum_value("EXACT", description="Kept with every change.")
    CAPPED = strawberry.enum_value("CAPPED", description="At least this many.")
    ESTIMATED = strawberry.enum_value("ESTIMATED", description="About this many.")


@strawberry.type(description="A number that says how true it is, and as of when.")
class Count:
    value: int = column(description="The number, the same for all who ask: it never tells of what is hidden.")
    precision: CountPrecision = column(description="How true it is.")
    as_of: datetime = clock(description="When it was read, or counted where that happens in batches.")


EXACT = {"precision": CountPrecision.EXACT}


def counted(value: int) -> dict[str, Any]:
    return {"value": value, **EXACT}


def count(name: str, *, description: str) -> Any:
    """A counter column as a Count."""
    return made({"value": name}, EXACT, description=description)


@strawberry.type(description="Where an event takes place.")
class Place:
    name: str | None = column("place_name", description="What people call it.")
    address: str | None = column("place_address", description="Street and number.")
    locality: str | None = column("place_locality", description="Town.")
    region: str | None = column("place_region", description="State or region, e.g. `TX`.")
    country: str | None = column("place_country", description="Country, ISO 3166 code.")


@strawberry.type(description="Where imported content comes from.")
class LegacyOrigin:
    system: str = column("legacy_system", description="The forum it was imported from.")
    legacy_id: str = column("legacy_id", description="Its id there.")
    legacy_url: URL | None = column("legacy_url", description="Its address there.")
    imported_at: datetime = column("imported_at", description="When it was imported.")
