from datetime import UTC, datetime

from hub.demo.shapes import Successor, Thread, prose, says

WINTER_RANGE = Thread(
    slug="winter-range-real-numbers",
    category="range-and-charging",
    author="hank",
    title="Winter range: real numbers only, please",
    body=prose("""
        I'm tired of *it depends*. Let us collect what the car really did. Post it like this:

        - Model and year, tires
        - Temperature, wind, wet or dry
        - Miles driven, percent used
        - Heater on or "I wore a hat"

        I start: Ridge, 2014, winter tires. 9 F, wind from the north as always, dry. 118 miles, 71 percent.
        Heater on, I am not an animal.
        """),
    tags=("winter", "range", "data"),
    created=datetime(2015, 1, 11, 13, 20, tzinfo=UTC),
    views=48_210,
    successor=Successor(kind="CLUB", slug="nebraska-plains-owners"),
    comments=(
        says(
            "grace",
            52,
            "Fjord 2013, all-season tires. 14 F, calm, dry. 96 miles, 44 percent. Hat *and* heater.",
            says(
                "hank",
                17,
                "That is a good number. How fast?",
                says("grace", 8, "62. My students say I drive like a hypothesis.", likes=("hank", "otto", "priya")),
            ),
            likes=("hank",),
        ),
        says(
            "lukas",
            540,
            """
            Fjord 2014, winter tires, skis on the roof. -11 °C, dry, Autobahn at 120 km/h. 150 km, 68 percent.
            The skis alone were 9 of that, I tested it on the way back.
            """,
            says("hank", 130, "Somebody who drives a road twice for science. Welcome to the thread.", likes=("lukas",)),
            likes=("grace", "yuki", "hank"),
        ),
        says(
            "tomek",
            1_600,
            "Preheating while plugged in gave me 7 percent back. It is free and nobody does it.",
            says("grace", 40, "Confirmed over 31 mornings: 6.4, plus or minus 1.", likes=("tomek", "hank")),
            likes=("hank", "grace", "priya", "lukas"),
        ),
        says("otto", 1_437_000, "Three winters, and still no argument in here. Made sticky.", likes=("hank", "grace")),
    ),
)

ETIQUETTE = Thread(
    slug="charger-etiquette",
    category="range-and-charging",
    author="priya",
    title="Charger etiquette: may I unplug a car that is done?",
    body=prose("""
        Yesterday, North Bend. Four plugs, four cars, three of them at 100 percent, and nobody in sight. I had
        nine percent and a passenger who had to be at a wedding. As the bride's sister.

        I waited forty minutes. Should I have unplugged somebody? Is there a rule that I missed?
        """),
    tags=("charging", "etiquette"),
    created=datetime(2017, 8, 20, 18, 5, tzinfo=UTC),
    views=21_944,
    successor=Successor(kind="POST", slug="where-should-we-charge-next"),
    comments=(
        says(
            "bea",
            24,
            "The rule is a note with your phone number on the dash. A car without a note is a library book overdue.",
            says("kofi", 15, "What is the fine?", says("bea", 3, "My look.", likes=("kofi", "priya", "otto"))),
            likes=("priya", "delia", "otto"),
        ),
        says(
            "samir",
            70,
            """
            On most cars you can't pull the plug while it is locked, and you should not try. Done means the
            light is green; then it comes out and no harm is done.
            """,
            says(
                "tomek",
                35,
                "I would still not touch a stranger's car. People get strange.",
                says("samir", 20, "Agreed. *Can* is not *may*.", likes=("tomek", "bea")),
                likes=("hank",),
            ),
        ),
        says(
            "priya",
            2_900,
            "The bride forgives me. There is a photo of her with the charging cable as a boa.",
            likes=("bea", "kofi", "delia", "otto", "amara"),
        ),
    ),
)

THREADS = (WINTER_RANGE, ETIQUETTE)
