from datetime import UTC, datetime

from hub.demo.shapes import Successor, Thread, prose, says

BUYING = Thread(
    slug="buying-in-nebraska",
    category="parking-lot",
    author="grace",
    title="How did you buy yours in Nebraska?",
    body=prose("""
        A student asked me where she could look at a Halden, and I had to say: in another state. She thought
        that I was joking.

        How did you do it? How far did you drive, how many forms did you sign, and where do you go for service?
        I am collecting the answers for a civics lesson that I never planned to give.
        """),
    tags=("nebraska", "buying", "law"),
    created=datetime(2018, 10, 2, 23, 15, tzinfo=UTC),
    views=18_330,
    successor=Successor(kind="POST", slug="nebraska-take-action"),
    comments=(
        says(
            "hank",
            41,
            "Kansas City. Two trips, eleven signatures, one ham sandwich. The sandwich was the only thing local.",
            says("grace", 12, "May I use the sandwich in class?", likes=("hank",)),
            likes=("grace", "theo", "otto"),
        ),
        says(
            "tomek",
            300,
            """
            Ordered on the phone, delivered on a truck to a parking lot in Council Bluffs, and driven home
            across the bridge like contraband.
            """,
            likes=("grace", "hank"),
        ),
        says(
            "theo",
            1_150,
            """
            From our side: we would open in Omaha tomorrow if we were allowed to. If anybody wants to know how
            the law came about, I can write it up without getting angry.
            """,
            says(
                "otto",
                25,
                "Please do, and please without. This category has a curfew.",
                says("theo", 14, "Then I start before midnight.", likes=("otto", "grace")),
                likes=("theo", "hank"),
            ),
            likes=("grace", "hank", "tomek"),
        ),
    ),
)

CHECKLIST = Thread(
    slug="hurricane-checklist",
    category="parking-lot",
    author="delia",
    title="Hurricane checklist for electric cars",
    body=prose("""
        After last week I wrote down what I wish I had known. Please add to it; I will keep it up to date.

        - **Three days before:** charge to 100 percent, and leave the plug to your neighbor
        - **Two days before:** know *two* ways out, and the chargers on both
        - **The day before:** park high, windows closed, cable inside the car
        - **After:** do not drive through water that you cannot see the bottom of. Nobody's car swims
        """),
    tags=("texas", "storm", "safety"),
    created=datetime(2017, 9, 4, 11, 40, tzinfo=UTC),
    views=33_874,
    successor=Successor(kind="POST", slug="disaster-relief-texas"),
    comments=(
        says(
            "samir",
            29,
            "Add: turn off the wall box at the breaker before the water comes. Wet and live is the worst pair.",
            says("delia", 6, "Added, in bold.", likes=("samir",)),
            likes=("delia", "jonas", "bea"),
        ),
        says(
            "jonas",
            75,
            "Add: a paper map. The network went down before the power did.",
            says(
                "bea",
                33,
                "The library gives them away. Nobody has asked in ten years, we have *boxes*.",
                says("jonas", 1_440, "You had boxes.", likes=("bea", "delia", "samir")),
                likes=("jonas", "delia"),
            ),
            likes=("delia", "bea"),
        ),
        says(
            "mara",
            500,
            "May we send this to every owner on the Gulf, with your name under it?",
            says("delia", 85, "Without my name. Put *a nurse in Houston*.", likes=("mara", "samir", "bea", "otto")),
            likes=("jonas", "samir"),
        ),
    ),
)

NAMES = Thread(
    slug="name-your-car",
    category="parking-lot",
    author="jonas",
    title="What is your car called?",
    body=prose("""
        Mine is *Frau Holle*, because she is white and came in February. What is yours, and why?

        One rule: no puns on watts. We have all made them. It is over.
        """),
    tags=("fun", "names"),
    created=datetime(2014, 4, 1, 15, 0, tzinfo=UTC),
    views=27_415,
    successor=Successor(kind="POST", slug="welcome"),
    comments=(
        says("kofi", 9, "Yo-Yo. Guess who rides in the back.", likes=("jonas", "priya", "bea")),
        says(
            "samir",
            22,
            "Watt's-her-name.",
            says(
                "jonas",
                2,
                "There was *one* rule.",
                says(
                    "samir", 3, "I felt no resistance.", says("otto", 1, "Ohm my.", likes=("samir",)), likes=("kofi",)
                ),
                likes=("bea", "kofi"),
            ),
            likes=("kofi", "otto"),
        ),
        says("hank", 330, "It's a truck.", says("grace", 20, "He calls it Doris.", likes=("jonas", "otto", "bea"))),
        says("yuki", 700, "Kumo, *cloud*: gray, soft, always somewhere over Brandenburg.", likes=("jonas", "lukas")),
    ),
)

DAUGHTER = Thread(
    slug="someone-wants-to-see-one",
    category="parking-lot",
    author="amara",
    title="Somebody small wants to see your car",
    body=prose("""
        A girl in my building, seven, waits at the curb whenever I come home. She does not want a ride, she
        says, she wants to *see how it thinks*. So I opened everything that opens, and we looked for an hour.

        Who else does this? Could we offer it to people, on purpose, a little organized?
        """),
    tags=("first-ride", "children", "idea"),
    created=datetime(2019, 11, 16, 20, 25, tzinfo=UTC),
    views=6_120,
    successor=Successor(kind="POST", slug="her-first-ride"),
    comments=(
        says(
            "rosalie",
            50,
            "Every week, at the bus depot. They ask better questions than the grown-ups. I am in.",
            says(
                "amara",
                13,
                "Then we are two. That is a circle, if we hold hands.",
                says("delia", 65, "Three. Now it is one.", likes=("amara", "rosalie", "ines")),
                likes=("rosalie", "delia"),
            ),
            likes=("amara", "delia", "mara"),
        ),
        says(
            "otto",
            400,
            "Careful with strangers' children: a parent there, doors open, no surprises. Then it is a lovely idea.",
            says("amara", 22, "Yes. We write that down first, before anything else.", likes=("otto", "rosalie")),
            likes=("amara", "bea"),
        ),
    ),
)

THREADS = (BUYING, CHECKLIST, NAMES, DAUGHTER)
