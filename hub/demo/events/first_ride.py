from datetime import timedelta

from hub.demo.shapes import Event, Place, Rsvp, prose, says

ASK_ANYTHING = Event(
    slug="ask-anything-evening",
    club="first-ride-circle",
    title="Ask anything: an hour online before your first ride",
    body=prose("""
        How loud is it? What if it rains while I charge? Do I have to talk about torque?

        Amara and Rosalie answer what people really want to know. Camera off is fine, questions by chat are
        fine, listening while you cook is fine. Rides are handed out at the end to whoever wants one.
        """),
    announced=timedelta(days=10),
    days=3,
    hour=19,
    lasts=timedelta(hours=1),
    time_zone="America/New_York",
    place=None,
    attendance="ONLINE",
    capacity=200,
    hosts=("amara", "rosalie"),
    rsvps=(
        Rsvp(handle="amara", answer="GOING"),
        Rsvp(handle="rosalie", answer="GOING"),
        Rsvp(handle="ines", answer="GOING", guests=1),
        Rsvp(handle="yuki", answer="MAYBE"),
        Rsvp(handle="delia", answer="DECLINED"),
    ),
    comments=(
        says(
            "ines",
            160,
            "My mother will sit next to me and pretend that she is not listening. Counting her as my guest.",
            says("rosalie", 45, "Tell her I was a diesel driver for thirty years. We have things to discuss."),
            likes=("amara", "rosalie"),
        ),
        says("yuki", 720, "One in the morning in Berlin. Will there be a recording?"),
    ),
)

PROSPECT_PARK = Event(
    slug="first-rides-prospect-park",
    club="first-ride-circle",
    title="First rides at Prospect Park",
    body=prose("""
        Six cars, six drivers, thirty minutes each: once around the park, over to the water, and back. You sit
        in front. You choose the music. You may also choose no music, and hear how quiet it is.

        - From age 8 with a grown-up; child seats are there
        - Two cars take folding wheelchairs, one has a transfer board
        - **No selling.** If anybody hands you a price list, tell Amara
        """),
    announced=timedelta(days=7),
    days=22,
    hour=11,
    lasts=timedelta(hours=4),
    time_zone="America/New_York",
    place=Place(name="Grand Army Plaza entrance", locality="Brooklyn", region="NY", country="US"),
    attendance="IN_PERSON",
    capacity=48,
    hosts=("amara",),
    rsvps=(
        Rsvp(handle="amara", answer="GOING", guests=2),
        Rsvp(handle="mara", answer="GOING"),
        Rsvp(handle="bea", answer="GOING", guests=1),
        Rsvp(handle="rosalie", answer="MAYBE"),
        Rsvp(handle="priya", answer="DECLINED"),
    ),
    comments=(
        says(
            "bea",
            340,
            "My niece lives around the corner and is afraid of driving. Is the passenger seat a good start?",
            says(
                "amara",
                28,
                "The best one. She can also just sit in it while it stands still, and press all the buttons.",
                says("bea", 90, "She asks if *all* means all.", likes=("amara",)),
                likes=("bea", "delia"),
            ),
        ),
    ),
)

EVENTS = (ASK_ANYTHING, PROSPECT_PARK)
