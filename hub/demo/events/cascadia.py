from datetime import timedelta

from hub.demo.shapes import Event, Place, Rsvp, prose, says

CHARGE_AND_CHAI = Event(
    slug="snoqualmie-charge-and-chai",
    club="cascadia-current",
    title="Charge and chai at Snoqualmie Pass",
    body=prose("""
        Two hours at the pass with a kettle that runs off Priya's car. Come up, plug in, compare what the climb
        took out of your battery and what the way down gives back.

        We end with a short walk to Franklin Falls, if the snow lets us. Boots, not sneakers.
        """),
    announced=timedelta(days=9),
    days=8,
    hour=10,
    lasts=timedelta(hours=3),
    time_zone="America/Los_Angeles",
    place=Place(name="Summit parking, lot 2", locality="Snoqualmie Pass", region="WA", country="US"),
    attendance="IN_PERSON",
    capacity=30,
    hosts=("priya",),
    rsvps=(
        Rsvp(handle="priya", answer="GOING", guests=1),
        Rsvp(handle="kofi", answer="GOING"),
        Rsvp(handle="wanda", answer="GOING"),
        Rsvp(handle="tomek", answer="DECLINED"),
    ),
    comments=(
        says(
            "kofi",
            210,
            "Coming up from Portland. Is that one charging stop or an act of faith?",
            says(
                "priya",
                18,
                "One stop in Centralia, ten minutes. Faith is for the weather.",
                says("kofi", 6, "Then I bring the cello *and* a raincoat for the cello.", likes=("priya", "wanda")),
                likes=("kofi",),
            ),
        ),
    ),
)

GORGE_CLEANUP = Event(
    slug="columbia-gorge-cleanup",
    club="cascadia-current",
    title="Columbia Gorge cleanup",
    body=prose("""
        The turnouts on the old highway collect what summer leaves behind. We take four of them, in teams of
        five, and haul everything to Hood River with the pickups.

        Gloves and grabbers are there. Families are welcome; the small ones get the grabbers first.
        """),
    announced=timedelta(days=52),
    days=-24,
    hour=9,
    minute=30,
    lasts=timedelta(hours=4),
    time_zone="America/Los_Angeles",
    place=Place(name="Rowena Crest turnout", locality="Mosier", region="OR", country="US"),
    attendance="IN_PERSON",
    capacity=20,
    hosts=("kofi", "priya"),
    rsvps=(
        Rsvp(handle="kofi", answer="GOING", guests=3),
        Rsvp(handle="priya", answer="GOING"),
        Rsvp(handle="tomek", answer="GOING", guests=1),
        Rsvp(handle="otto", answer="DECLINED"),
    ),
    comments=(
        says(
            "tomek",
            42_000,
            "Tally: 31 bags, two tires, a canoe paddle, and a wedding cake topper. Groom only.",
            says("kofi", 22, "We do not ask.", likes=("tomek", "priya")),
            says("priya", 75, "Somewhere in Oregon a bride stands alone on a freezer shelf.", likes=("kofi",)),
            likes=("priya", "kofi", "wanda"),
        ),
    ),
)

EVENTS = (CHARGE_AND_CHAI, GORGE_CLEANUP)
