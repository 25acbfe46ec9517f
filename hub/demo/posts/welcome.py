from datetime import UTC, datetime

from hub.demo.shapes import Post, prose, says

WELCOME = Post(
    slug="welcome",
    kind="ANNOUNCEMENT",
    title="Welcome to the Engagement Hub",
    summary="Why the forum is closing, what this place is for, and how to find your people in it.",
    body=prose("""
        For seven years you met in our forum. You explained charging to each other before we had written the
        manual, you pushed a stranger's Lark through the snow in Lincoln, and you told us, politely and often,
        when we were wrong. **Thank you.** None of it will be deleted.

        On **1 February 2020** the forum closes. From that day it can be read, searched and linked to, but no
        longer written in. Its talk goes on here, and under each old thread you find a note saying where.

        ## What the hub is

        The forum was a good place to talk. What it could not do was help you *do* something together. That is
        what the hub is for:

        - **Posts** from our policy team: what is going on, and what you can do about it
        - **Clubs**, run by owners and not by us, each with its own region and its own temper
        - **Events**, so that the talk ends with people standing next to cars
        - **Comments** everywhere, live, and read by us, every one of them

        ## What we ask of you

        Be as kind as you were. Disagree with the sentence and not with the person. If you would not say it
        across a picnic table, do not post it here. Otto is still moderating, and Otto still has that list.

        ## Where to begin

        1. Find [a club near you](https://example.org/clubs) and join it; every one of them is open
        2. Look at [what is coming up](https://example.org/events) and say whether you are going
        3. Tell us below who you are and what you drive, or what you wish you drove

        See you in there,

        *Mara, for the policy team*
        """),
    authors=("mara", "theo"),
    clubs=(
        "lone-star-owners",
        "nebraska-plains-owners",
        "cascadia-current",
        "spree-isar-owners",
        "first-ride-circle",
    ),
    published=datetime(2020, 1, 15, 16, tzinfo=UTC),
    pinned=True,
    comments=(
        says(
            "otto",
            4,
            "First. I have waited seven years to be allowed to write that.",
            says("bea", 11, "And on a moderator's account. Scandalous.", likes=("otto", "kofi")),
            likes=("mara", "bea", "hank", "ines", "kofi"),
        ),
        says(
            "hank",
            26,
            """
            I'll be honest, I liked the forum. I knew where the chairs were. What happens to my winter thread?
            People still write to me about it.
            """,
            says(
                "mara",
                17,
                """
                It stays exactly where it is, every number in it, and links to it keep working. Below it
                there will be a pointer to the Nebraska club, which I hear is looking for somebody to run it.
                """,
                says(
                    "hank",
                    8,
                    "That sounds like a trap.",
                    says(
                        "grace",
                        3,
                        "It is one. I will do the paperwork if you do the barbecue.",
                        says("hank", 41, "Fine. Brisket at noon.", likes=("grace", "mara", "ines", "theo")),
                        likes=("mara", "ines"),
                    ),
                    likes=("grace",),
                ),
                likes=("hank", "bea"),
            ),
            likes=("bea", "tomek"),
        ),
        says(
            "ines",
            73,
            """
            Hello from Lincoln! Blue Lark, bought used three weeks ago. I only ever read the forum, I never
            dared to write. So this is my first one. Hi.
            """,
            says("otto", 5, "Welcome, Inês. You did it perfectly.", likes=("ines", "amara", "grace")),
            says(
                "grace",
                19,
                "Blue Lark, on South Street, Thursday? I waved. I am the one who waved.",
                likes=("ines",),
            ),
            likes=("otto", "mara", "grace", "amara", "delia", "kofi"),
        ),
        says(
            "tomek",
            190,
            "Will there be mail for every comment, or can one sleep?",
            says(
                "wanda",
                33,
                "One can sleep. You choose what you follow, and nothing is mailed that you did not ask for.",
                likes=("tomek", "delia"),
            ),
        ),
    ),
)
