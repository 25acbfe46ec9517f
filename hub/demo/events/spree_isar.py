from datetime import timedelta

from hub.demo.shapes import Event, Place, Rsvp, prose, says

LAKES_DRIVE = Event(
    slug="berlin-four-lakes-saturday",
    club="spree-isar-owners",
    title="Four lakes in one Saturday",
    body=prose("""
        Müggelsee, Scharmützelsee, Schwielochsee, and home by way of the Stechlin if anybody is still awake.
        About 260 km, one charging stop, two swims for the brave.

        Trains go to the start, so come without a car if you like: there are always seats. Please bring a towel
        and something for the shared picnic.
        """),
    announced=timedelta(days=8),
    days=15,
    hour=8,
    minute=30,
    lasts=timedelta(hours=10),
    time_zone="Europe/Berlin",
    place=Place(name="S-Bahn Friedrichshagen", locality="Berlin", region="BE", country="DE"),
    attendance="IN_PERSON",
    capacity=18,
    hosts=("yuki",),
    rsvps=(
        Rsvp(handle="yuki", answer="GOING", guests=1),
        Rsvp(handle="lukas", answer="GOING", guests=2),
        Rsvp(handle="mara", answer="MAYBE"),
        Rsvp(handle="jonas", answer="DECLINED"),
    ),
    comments=(
        says(
            "jonas",
            240,
            "I am 8,500 km away and I can smell the sunscreen. Swim one for me.",
            says("yuki", 35, "We will. You are paying for it in cake when you visit.", likes=("jonas", "lukas")),
        ),
        says(
            "lukas",
            1_900,
            """
            Coming up from Munich on Friday night. If anybody has a driveway with a plug near Köpenick, I pay
            in pretzels.
            """,
            says("yuki", 14, "Ours. The cat sleeps on warm hoods, be prepared.", likes=("lukas",)),
        ),
    ),
)

EVENTS = (LAKES_DRIVE,)
