from datetime import timedelta

from hub.demo.shapes import Event, Place, Rsvp, prose, says

PACKING_DAY = Event(
    slug="austin-relief-packing-day",
    club="lone-star-owners",
    title="Relief packing day in Austin",
    body=prose("""
        We sort what was given, pack it into cars, and send the next convoy down to the coast at two.

        - **Bring:** work gloves, tape, markers, a box cutter
        - **Most needed:** diapers, water, batteries, dog and cat food
        - **Drivers:** come with 80 % or more, the chargers on the way will be busy

        No car? Hands are the scarce thing. There is lunch for everyone who packs.
        """),
    announced=timedelta(days=12, hours=3),
    days=5,
    hour=9,
    minute=30,
    lasts=timedelta(hours=4, minutes=30),
    time_zone="America/Chicago",
    place=Place(name="Shoal Creek Community Hall", locality="Austin", region="TX", country="US"),
    attendance="IN_PERSON",
    capacity=60,
    hosts=("jonas", "delia"),
    rsvps=(
        Rsvp(handle="jonas", answer="GOING", guests=2),
        Rsvp(handle="delia", answer="GOING"),
        Rsvp(handle="bea", answer="GOING", guests=3),
        Rsvp(handle="samir", answer="GOING", guests=1),
        Rsvp(handle="mara", answer="GOING"),
        Rsvp(handle="tomek", answer="MAYBE"),
        Rsvp(handle="rosalie", answer="DECLINED"),
    ),
    comments=(
        says(
            "bea",
            95,
            """
            I am bringing three from the library volunteers. We label things. It is what we do, you will not
            be able to stop us.
            """,
            says("jonas", 20, "I would not dare. Is poppy seed cake filed under P or under C?", likes=("delia",)),
            likes=("jonas", "delia", "mara"),
        ),
        says(
            "samir",
            410,
            "Is there power in the hall's parking lot? I can bring a distribution box for six cars.",
            says(
                "delia",
                65,
                "Two 50 amp outlets by the kitchen door. Please bring the box, and the sense that goes with it.",
                likes=("samir",),
            ),
        ),
    ),
)

SUNRISE_DRIVE = Event(
    slug="hill-country-sunrise-drive",
    club="lone-star-owners",
    title="Hill Country sunrise drive",
    body=prose("""
        Ninety quiet miles from Dripping Springs to Enchanted Rock, there before the heat and the crowds.

        We leave in the dark, drive gently, and stop once where the road climbs out of the fog. Breakfast tacos
        at the end; the place has four chargers and knows that we are coming.

        Passengers are welcome. Say in the comments if you have a seat free or want one.
        """),
    announced=timedelta(days=6),
    days=19,
    hour=6,
    minute=15,
    lasts=timedelta(hours=5),
    time_zone="America/Chicago",
    place=Place(name="Founders Park, east lot", locality="Dripping Springs", region="TX", country="US"),
    attendance="IN_PERSON",
    capacity=24,
    hosts=("jonas",),
    rsvps=(
        Rsvp(handle="jonas", answer="GOING"),
        Rsvp(handle="bea", answer="GOING", guests=1),
        Rsvp(handle="rosalie", answer="GOING"),
        Rsvp(handle="delia", answer="MAYBE"),
        Rsvp(handle="samir", answer="DECLINED"),
    ),
    comments=(
        says(
            "delia",
            130,
            "Six fifteen is when I come *off* shift. Somebody talk me into it.",
            says(
                "rosalie",
                44,
                "You nap in my passenger seat, I wake you for the fog and the tacos. Nobody has to know.",
                says("delia", 12, "Sold. Put me down as a very firm maybe.", likes=("rosalie", "jonas")),
                likes=("delia", "bea"),
            ),
        ),
    ),
)

POTLUCK = Event(
    slug="houston-charger-potluck",
    club="lone-star-owners",
    title="Potluck at the reopened chargers",
    body=prose("""
        The eight chargers at Telephone Road have power again. We eat together under the canopy and thank the
        crew that rewired them in four days.

        Bring a dish and a chair. Neighbors without power: bring your phones, your tool batteries, your fridge
        stories.
        """),
    announced=timedelta(days=8),
    days=-5,
    hour=17,
    lasts=timedelta(hours=3),
    time_zone="America/Chicago",
    place=Place(name="Telephone Road charging station", locality="Houston", region="TX", country="US"),
    attendance="IN_PERSON",
    hosts=("delia",),
    rsvps=(
        Rsvp(handle="delia", answer="GOING", guests=4),
        Rsvp(handle="jonas", answer="GOING", guests=1),
        Rsvp(handle="samir", answer="GOING"),
        Rsvp(handle="bea", answer="GOING"),
        Rsvp(handle="tomek", answer="MAYBE"),
    ),
    comments=(
        says(
            "samir",
            500,
            "I will be there early with the crew. They like it hot, so be careful with my sister's pickles.",
            likes=("delia",),
        ),
        says(
            "bea",
            6_500,
            """
            What an evening. For the record: 61 people, 23 dishes, 40 phones charged, and one gentleman who
            came for the light and stayed for the flan.
            """,
            says(
                "delia",
                50,
                "That was Mr. Abernathy from across the street. He has since asked me what a Ridge costs.",
                likes=("bea", "jonas", "mara"),
            ),
            likes=("delia", "samir", "jonas", "mara"),
        ),
    ),
)

EVENTS = (PACKING_DAY, SUNRISE_DRIVE, POTLUCK)
