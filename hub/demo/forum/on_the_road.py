from datetime import UTC, datetime

from hub.demo.shapes import Successor, Thread, prose, says

TODDLER = Thread(
    slug="first-road-trip-with-a-toddler",
    category="on-the-road",
    author="kofi",
    title="First road trip with a toddler: Portland to Redwoods",
    body=prose("""
        410 miles, one Lark, one cello (work), one two-year-old (life). I have planned three charging stops of
        25 minutes. My wife says that with him every stop is 45 minutes anyway, so why worry.

        What have I forgotten? What do you wish you had packed?
        """),
    tags=("family", "road-trip", "oregon"),
    created=datetime(2016, 6, 30, 3, 45, tzinfo=UTC),
    views=9_318,
    successor=Successor(kind="CLUB", slug="cascadia-current"),
    comments=(
        says(
            "delia",
            38,
            "Second set of clothes. For *him* you have it already. I mean for you.",
            likes=("kofi", "amara", "bea"),
        ),
        says(
            "tomek",
            110,
            "The stop in Yreka has a playground, the one in Weed does not. Plan around the playground.",
            says("kofi", 25, "This is the kind of data that no map has.", likes=("tomek", "mara")),
            likes=("kofi", "priya"),
        ),
        says(
            "kofi",
            9_800,
            """
            Report: six stops and not three, none of them because of the battery. He now says *plug* for
            everything good. Ice cream is plug. The ocean was big plug.
            """,
            says("amara", 44, "Big plug. I am going to use that.", likes=("kofi", "delia")),
            says("mara", 600, "May we hang this up in the office?", says("kofi", 31, "Plug.", likes=("mara", "amara"))),
            likes=("delia", "tomek", "amara", "priya", "mara", "bea"),
        ),
    ),
)

LAKE_CONSTANCE = Thread(
    slug="berlin-to-lake-constance",
    category="on-the-road",
    author="yuki",
    title="Berlin to Lake Constance in one day: log and lessons",
    body=prose("""
        730 km, Fjord 2016, two people, one dog, rain as far as Leipzig. Left at 6:10, arrived at 16:25.

        1. **Berlin to Hof**: 300 km, arrived with 12 percent. Too brave, the dog noticed
        2. **Hof to Nuremberg to Ulm**: two short stops are faster than one long one
        3. **Ulm to the lake**: the best hour of the day, and downhill

        Costs: 31 euros for electricity, 44 for pastries. Questions welcome, also about pastries.
        """),
    tags=("road-trip", "germany", "autobahn"),
    created=datetime(2018, 5, 12, 19, 30, tzinfo=UTC),
    views=12_077,
    successor=Successor(kind="CLUB", slug="spree-isar-owners"),
    comments=(
        says(
            "lukas",
            64,
            "Why not by way of Munich? It is hardly longer, and I have a plug and a coffee machine.",
            says(
                "yuki",
                20,
                "Because the last time you said that I stayed for three days.",
                says("lukas", 7, "The offer stands.", likes=("yuki", "jonas")),
                likes=("lukas", "jonas"),
            ),
        ),
        says(
            "jonas",
            230,
            "44 euros for pastries on 730 km is 6 cents per kilometer. That is efficient. What class of pastry?",
            says("yuki", 30, "Mostly Franzbrötchen, some regret.", likes=("jonas", "bea", "lukas")),
            likes=("yuki",),
        ),
        says(
            "grace",
            510_000,
            "Reading this in Nebraska, 80 miles from the nearest lake, and planning the trip anyway.",
            likes=("yuki",),
        ),
    ),
)

THREADS = (TODDLER, LAKE_CONSTANCE)
