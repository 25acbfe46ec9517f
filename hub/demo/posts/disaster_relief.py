from datetime import timedelta

from hub.demo.shapes import Action, Part, Post, Update, prose, says

DISASTER_RELIEF = Post(
    slug="disaster-relief-texas",
    kind="UPDATE",
    title="After the storm: how we are helping on the Texas coast",
    summary="Chargers on the coast are free until the power is back. What is needed, what is open, who drives.",
    body=prose("""
        The storm that came ashore on Sunday left much of the coast between Freeport and Galveston without
        power, and parts of Houston under water. First of all: **if you are in danger, call 911**, not us.

        ## Charging is free

        All Halden chargers in the counties hit by the storm are open to *every* electric car, of any make, at
        no cost, until the grid is back. Stations without power have a mobile battery or a sign that says where
        the next working one is. The [list of stations](https://example.org/relief/stations) is updated every
        hour.

        If your car can feed a house, [this page](https://example.org/relief/home-power) explains how to do it
        safely. Please read the part on transfer switches. People repair those lines with their hands.

        ## What is needed

        - **Drivers** with a pickup or a trailer, from Austin and San Antonio to the coast
        - **Hands** to sort and pack; the Lone Star club has a packing day in Austin
        - Water, diapers, batteries, pet food. *No more clothes, please:* the halls are full

        ## What we do

        We have sent forty service people and eleven mobile batteries, two of which stand at shelters and run
        the refrigerators that keep insulin cold. Owners in the region get free towing, and nobody has to worry
        about a payment this month: [call us](https://example.org/relief/contact) and we move it.

        We write here what is new, and answer in the comments as fast as we can. To everybody who is already
        out there with a chainsaw and a thermos: you are the best of us.
        """),
    authors=("mara",),
    clubs=("lone-star-owners",),
    regions=("TX",),
    topic="Disaster relief",
    tags=("storm", "volunteers"),
    published=timedelta(days=12),
    pinned=True,
    action=Action(
        kind="VOLUNTEER",
        goal=60,
        milestones=((4, "A first convoy"), (30, "One convoy each day")),
        questions=(
            ("help", "How can you help?", ("Drive a pickup or trailer", "Sort and pack", "Bring supplies")),
            ("when", "When?", ()),
        ),
        parts=(
            Part(
                handle="delia",
                region="TX",
                name="Delia",
                note="I am at the shelter in Pasadena anyway.",
                answers=(("help", "Sort and pack"),),
            ),
            Part(handle="samir", region="TX", name="Samir", answers=(("help", "Drive a pickup or trailer"),)),
            Part(handle="jonas", region="TX", answers=(("help", "Drive a pickup or trailer"), ("when", "Weekends"))),
            Part(handle="wanda", region="LA", name="Wanda", answers=(("help", "Bring supplies"),)),
            Part(handle="tomek", region="WA", note="Two boxes of batteries are on their way."),
        ),
    ),
    updates=(
        Update(
            author="mara",
            days_after=2,
            body=prose("""
                The power is back in Freeport. Two of the mobile batteries moved on to Bolivar, where it will take
                longer. **Diapers are covered**, thank you; what is short now is drinking water in five-gallon jugs.
                """),
        ),
        Update(
            author="mara",
            days_after=9,
            body=prose("""
                Nine days in: 212 drivers, 61 trailers, one cake. Free charging stays on until the last street has
                light. The next packing day is in [Austin](https://example.org/relief/packing).
                """),
        ),
    ),
    comments=(
        says(
            "delia",
            14,
            """
            Writing from the shelter in Pasadena. One of those batteries is ours. Eleven people here depend on
            what is in that refrigerator. I have no jokes today. Thank you.
            """,
            says(
                "mara",
                9,
                "The crew has you on the first page of their list. What runs out next?",
                says(
                    "delia",
                    22,
                    "Diapers, sizes 4 and 5, and dry socks for the volunteers. Mine have given up.",
                    says(
                        "jonas",
                        6,
                        "Leaving Austin in ten minutes with both. And with a cake, because I know no other way.",
                        says("delia", 260, "The cake lasted four minutes. Bless you.", likes=("jonas", "mara", "bea")),
                        likes=("delia", "mara", "bea", "samir"),
                    ),
                ),
                likes=("delia",),
            ),
            likes=("mara", "jonas", "bea", "samir", "ines", "amara", "rosalie", "otto"),
        ),
        says(
            "samir",
            55,
            """
            Electrician here. If you power a house from a car, **open the main breaker first**. Every time,
            also when you are tired. If you are not sure, send me a photo of your panel and I will tell you.
            """,
            says("bea", 12, "Printed it. It is on the notice board of every branch we have open.", likes=("samir",)),
            likes=("mara", "delia", "bea", "theo", "hank"),
        ),
        says(
            "hank",
            180,
            """
            800 miles north with an empty trailer and a full battery. I can be in Austin by tomorrow night.
            Useful or in the way?
            """,
            says(
                "jonas",
                16,
                "Useful. There is a bed and a plug at my place. Bring the trailer, leave the cows.",
                likes=("hank", "grace", "mara"),
            ),
            likes=("jonas", "mara", "grace", "ines"),
        ),
        says(
            "tomek",
            640,
            """
            Honest question: why free for other makes too? There were lines at two of the stations yesterday,
            and some owners waited behind people who have never bought anything from you.
            """,
            says(
                "theo",
                38,
                """
                Fair question. A line is shorter when everybody who can drive away from the water does. We are
                adding two mobile batteries at the worst ones tonight.
                """,
                says("tomek", 15, "That I can accept. Thanks for a straight answer.", likes=("theo",)),
                likes=("delia", "samir"),
            ),
        ),
    ),
)
