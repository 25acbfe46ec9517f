from datetime import UTC, datetime

from hub.demo.shapes import Successor, Thread, prose, says

SQUEAK = Thread(
    slug="squeak-from-the-dashboard",
    category="workshop",
    author="bea",
    title="Squeak from the dashboard, only when it is hot",
    body=prose("""
        Lark 2015, 22,000 miles. Above 90 F something behind the dashboard squeaks, on the right, on rough
        roads. Not loud. But the car is so quiet otherwise that I hear nothing else. It has become a companion.

        The service center could not reproduce it, because the service center is air-conditioned.
        """),
    tags=("lark", "noise", "heat"),
    created=datetime(2016, 8, 3, 22, 10, tzinfo=UTC),
    views=15_602,
    successor=Successor(kind="CLUB", slug="lone-star-owners"),
    comments=(
        says(
            "samir",
            47,
            """
            Right side vent frame, I bet. Press on the trim above the glove box while it squeaks. If it stops,
            a strip of felt tape the width of a finger cures it.
            """,
            says(
                "bea",
                2_700,
                "It stopped. I pressed it for forty miles and my arm hurts, but it stopped.",
                says(
                    "samir",
                    5,
                    "You may let go now. The tape does the rest.",
                    says("bea", 1_500, "Felt applied. I miss her a little.", likes=("samir", "delia", "jonas")),
                    likes=("bea",),
                ),
                likes=("samir",),
            ),
            likes=("bea", "delia", "rosalie"),
        ),
        says(
            "rosalie",
            7_300,
            "Same squeak in Albuquerque, same tape, same silence. Thank you both.",
            likes=("samir", "bea"),
        ),
        says("mara", 11_000, "Passed on to the people who make the vent frame. They blushed.", likes=("bea", "samir")),
    ),
)

TIRE_WEAR = Thread(
    slug="tire-wear-inside-edge",
    category="workshop",
    author="tomek",
    title="Tires worn on the inside edge after 14,000 miles",
    body=prose("""
        Fjord 2017. Rear tires down to the bars on the inside, fine on the outside. The shop says *that is how
        heavy cars are*. Is that how heavy cars are?
        """),
    tags=("fjord", "tires", "alignment"),
    created=datetime(2019, 3, 9, 16, 55, tzinfo=UTC),
    views=7_451,
    successor=Successor(kind="CLUB", slug="cascadia-current"),
    comments=(
        says(
            "priya",
            33,
            "It is not. Ask for the rear toe in numbers, before and after. Mine was out by a lot from day one.",
            says("tomek", 4_300, "Out by 0.4 degrees. You were right, and they were surprised.", likes=("priya",)),
            likes=("tomek", "lukas"),
        ),
        says(
            "lukas",
            300,
            "Also rotate every 8,000 km. Boring, works.",
            says("hank", 95, "The best sentence about cars that I have read in here.", likes=("lukas", "tomek")),
            likes=("priya",),
        ),
    ),
)

THREADS = (SQUEAK, TIRE_WEAR)
