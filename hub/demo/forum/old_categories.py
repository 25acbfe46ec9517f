"""Where the old forum was sorted, and when it closed."""

from datetime import UTC, datetime

from hub.demo.shapes import Category, prose

FROZEN_AT = datetime(2020, 2, 1, tzinfo=UTC)

BANNER = prose("""
    **This forum closed on 1 February 2020.** Everything in it can be read, searched and linked to, and nothing
    can be added. The talk goes on in the [hub](https://example.org/posts/welcome): under each thread you find
    the post or the club that took it over.
    """)

CATEGORIES = (
    Category(
        slug="range-and-charging",
        name="Range and charging",
        description="How far, how fast, how cold, and whose turn it is at the plug.",
    ),
    Category(
        slug="on-the-road",
        name="On the road",
        description="Routes, stops, detours, and what the children said.",
    ),
    Category(
        slug="workshop",
        name="Workshop",
        description="Squeaks, seals, tires and updates. Say model, year and miles.",
    ),
    Category(
        slug="parking-lot",
        name="Parking lot",
        description="Everything that fits in no other bay. No politics after midnight.",
    ),
)
