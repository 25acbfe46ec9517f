from datetime import timedelta

from hub.demo.shapes import Event, Place, Rsvp, prose, says

CAPITOL_DAY = Event(
    slug="lincoln-capitol-day",
    club="nebraska-plains-owners",
    title="Capitol day: cars on the mall, people in the gallery",
    body=prose("""
        The committee hears the direct sales bill at 1:30 pm. We are there from the morning, with cars for
        anybody who wants to sit in one.

        1. **9:00** Coffee and name tags on the Centennial Mall
        2. **10:30** How a hearing works, in twenty minutes, with Theo
        3. **1:30** Hearing; the gallery is open to all
        4. **3:30** We say thank you to everyone, *including those who spoke against*

        From farther away you can follow online; the link goes to everybody who says they are coming.
        """),
    announced=timedelta(days=13),
    days=12,
    hour=9,
    lasts=timedelta(hours=7),
    time_zone="America/Chicago",
    place=Place(name="Centennial Mall, north of the Capitol", locality="Lincoln", region="NE", country="US"),
    attendance="HYBRID",
    capacity=120,
    max_guests=10,
    hosts=("grace", "theo"),
    rsvps=(
        Rsvp(handle="grace", answer="GOING", guests=6),
        Rsvp(handle="theo", answer="GOING"),
        Rsvp(handle="ines", answer="GOING", guests=1),
        Rsvp(handle="hank", answer="GOING", guests=3),
        Rsvp(handle="mara", answer="GOING"),
        Rsvp(handle="otto", answer="MAYBE"),
        Rsvp(handle="tomek", answer="MAYBE", guests=1),
    ),
    comments=(
        says(
            "hank",
            88,
            "I have never testified to anything but the rain. Do I need a tie?",
            says(
                "theo",
                31,
                "No tie. Three minutes, your own words, where you live and why it matters to you.",
                says("hank", 9, "Then I need about two minutes less than that.", likes=("grace", "ines", "theo")),
                likes=("hank",),
            ),
            likes=("grace",),
        ),
        says(
            "grace",
            1_500,
            "Six of my seniors are coming. They want to see a law being made, and they want to be out of my class.",
            likes=("theo", "ines"),
        ),
    ),
)

MYTHS_EVENING = Event(
    slug="omaha-range-myths-evening",
    club="nebraska-plains-owners",
    title="Range myths: an evening with real numbers",
    body=prose("""
        *"It dies at ten below." "It can't pull a trailer." "The battery is done after five years."*

        Bring the myth you hear most, and your own numbers if you have any. Grace's students show three winters
        of data, Hank shows a trailer, and we find out together which myths are a little bit true.
        """),
    announced=timedelta(days=4),
    days=33,
    hour=18,
    minute=30,
    lasts=timedelta(hours=2, minutes=30),
    time_zone="America/Chicago",
    place=Place(name="Benson Branch Library, meeting room", locality="Omaha", region="NE", country="US"),
    attendance="IN_PERSON",
    capacity=45,
    hosts=("hank", "grace"),
    rsvps=(
        Rsvp(handle="hank", answer="GOING"),
        Rsvp(handle="grace", answer="GOING", guests=2),
        Rsvp(handle="ines", answer="MAYBE"),
    ),
    comments=(
        says(
            "ines",
            300,
            "My myth: *you can't go to grandma's and back.* 212 miles, February, I have the receipts.",
            says("grace", 25, "The students want those receipts.", likes=("ines", "hank")),
        ),
    ),
)

EVENTS = (CAPITOL_DAY, MYTHS_EVENING)
