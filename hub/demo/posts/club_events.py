from datetime import timedelta

from hub.demo.shapes import Post, prose, says

CLUB_EVENTS = Post(
    slug="club-events-ahead",
    kind="ANNOUNCEMENT",
    title="Club events ahead",
    summary="What the owner clubs have planned for the coming weeks, from Dripping Springs to Berlin.",
    body=prose("""
        The clubs have been busy. Below is everything that is on the calendar, in order. All of it is planned
        and run by owners; we only lend a tent here and there.

        {events}

        You do not need to be a member, and for most of these you do not even need a car. Say whether you are
        coming, so that the hosts know how much coffee to make, and **say so too when you can't make it after
        all**: it frees a place for somebody else.

        Your club is missing? Organizers can add events at any time, and we collect them again in a few weeks.
        For a first event of your own there is a [short guide](https://example.org/guides/first-event) that
        covers permits, shade, and how to get people to go home.
        """),
    authors=("theo",),
    clubs=(
        "lone-star-owners",
        "nebraska-plains-owners",
        "cascadia-current",
        "spree-isar-owners",
        "first-ride-circle",
    ),
    published=timedelta(days=3),
    comments=(
        says(
            "jonas",
            18,
            "Seats left for the sunrise drive: twenty. Seats left next to the cake: one.",
            says("bea", 33, "That one is taken.", likes=("jonas", "delia")),
            says("samir", 51, "I was told the same thing about the same seat.", likes=("bea", "jonas")),
            likes=("bea", "delia", "theo"),
        ),
        says(
            "yuki",
            130,
            """
            Small wish from Europe: could the list show the local time *and* the zone? I once got up at four
            for an online meeting that had been the evening before.
            """,
            says(
                "wanda",
                24,
                "It does both now: the event keeps its own zone, and you see yours next to it.",
                says("yuki", 9, "My alarm clock thanks you.", likes=("wanda", "theo")),
                likes=("yuki", "lukas"),
            ),
            likes=("lukas",),
        ),
        says(
            "lukas",
            400,
            "Nothing in Munich? I will fix that. Who would come to an evening at the Walchensee in six weeks?",
            says("mara", 45, "I happen to be in Munich then. What a surprise.", likes=("lukas", "yuki")),
        ),
        says(
            "ines",
            1_200,
            "Going to two of these and maybe to a third. Who even am I.",
            likes=("grace", "otto", "amara"),
        ),
    ),
)
