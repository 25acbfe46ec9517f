"""The one category that is open: talk about the hub itself."""

from datetime import timedelta

from hub.demo.shapes import Category, Thread, prose, says

CATEGORY = Category(
    slug="hub-talk",
    name="Hub talk",
    description="Questions and wishes about this place. Answered by Wanda, Otto, and whoever knows.",
)

FOLLOW = Thread(
    slug="follow-a-club-without-joining",
    category="hub-talk",
    author="ines",
    title="Can I follow a club without joining it?",
    body=prose("""
        I would like to know what the people in the Northwest are doing, but I live in Lincoln and don't want
        to take a seat from anybody. Is there something between *member* and *stranger*?
        """),
    tags=("clubs", "how-to"),
    created=timedelta(days=5),
    views=143,
    comments=(
        says(
            "wanda",
            37,
            "Yes: **Follow** on the club's page. You see its events and hear of new ones, and nobody counts you.",
            says("ines", 8, "Found it. It was the big button, of course.", likes=("wanda",)),
            likes=("ines", "kofi"),
        ),
        says("priya", 210, "Also: please just join. We like people from far away, they bring corn.", likes=("ines",)),
    ),
)

MISSING = Thread(
    slug="what-i-miss-from-the-old-forum",
    category="hub-talk",
    author="hank",
    title="What I miss from the old forum, and what I don't",
    body=prose("""
        **Miss:** signatures. I never knew what anybody drove, but I knew everybody's favorite quote.

        **Don't miss:** page 47 of 212.

        You?
        """),
    tags=("feedback", "old-forum"),
    created=timedelta(days=2),
    views=318,
    comments=(
        says(
            "otto",
            16,
            "Miss: the smell of an old thread. Don't miss: somebody answering it after six years with *bump*.",
            likes=("hank", "bea", "tomek"),
        ),
        says(
            "tomek",
            55,
            "I miss the view counter. I liked to know that I was being ignored by thousands.",
            says(
                "bea",
                20,
                "I never ignored you, Tomek. I catalogued you.",
                says("tomek", 3, "Under what?", says("bea", 2, "*Tires.*", likes=("tomek", "hank", "otto"))),
                likes=("otto", "priya"),
            ),
            likes=("bea", "hank"),
        ),
        says(
            "kofi",
            300,
            "Don't miss reloading. I watched an answer appear while I was reading the question, and said *oh* aloud.",
            says("wanda", 45, "That *oh* is my whole salary.", likes=("kofi", "hank", "mara")),
            likes=("wanda", "ines"),
        ),
    ),
)

LANGUAGES = Thread(
    slug="writing-in-more-than-one-language",
    category="hub-talk",
    author="lukas",
    title="Writing in more than one language?",
    body=prose("""
        In our club some would rather write German, some Polish, and all of us read English. Is it rude to
        comment in another language here? We don't want to shut anybody out.
        """),
    tags=("languages", "clubs"),
    created=timedelta(days=9),
    views=205,
    comments=(
        says(
            "mara",
            60,
            "Not rude at all. A short line in English under it is kind, and enough.",
            says("yuki", 25, "*Das machen wir so.* We'll do that.", likes=("mara", "lukas")),
            likes=("lukas", "yuki", "jonas"),
        ),
        says(
            "tomek",
            480,
            "*Dobry pomysł.* Good idea. See, it works.",
            likes=("lukas", "yuki", "mara"),
        ),
    ),
)

THREADS = (FOLLOW, MISSING, LANGUAGES)
