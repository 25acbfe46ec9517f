from datetime import timedelta

from hub.demo.shapes import Action, Part, Post, prose, says

HER_FIRST_RIDE = Post(
    slug="her-first-ride",
    kind="STORY",
    title="Her first ride",
    summary="Nora is nine, and had one wish: to ride in the car that doesn't wake the birds.",
    body=prose("""
        For most of a year, Nora knew the world through a hospital window in Queens. Across from it is a
        maple, and in the maple lived a family of finches. Every morning at five past six a delivery truck
        came, and the finches were gone until noon.

        One morning there was no truck. There was a small gray van that made no sound at all, and the finches
        stayed. "What *is* that?" Nora asked the night nurse. It was an electric one, the nurse said, on trial
        for a month.

        When the people who grant wishes came in and asked, they had the usual ones in mind: the sea, a pop
        star, a pony. Nora had thought about it. She wished **to ride in a car that doesn't wake the birds**.

        So on a Saturday in spring, Amara from the First Ride Circle drove up in her Fjord at half past five.
        Nora's doctor had allowed two hours. They went out along Jamaica Bay with the windows down, at twenty
        miles an hour, and stopped wherever something was singing. Nora kept a list.

        - Red-winged blackbird, *a lot*
        - Osprey, with a fish
        - "A brown one that looked at me"
        - Four finches, back home in the maple, not bothered at all

        Near the end she was allowed to press the button that opens the roof. She pressed it eleven times.
        "I thought it would feel like a spaceship," she said to her mother. "But it feels like being let in."

        Nora has been home since May. She has decided to study birds, *or roofs*. And the hospital has kept
        the gray vans. If you know somebody who would like a first ride, for whatever reason, the
        [First Ride Circle](https://example.org/clubs/first-ride-circle) has a seat.

        *Told with the consent of Nora and her parents, who chose the name she has here.*
        """),
    authors=("mara",),
    clubs=("first-ride-circle",),
    regions=("NY",),
    published=timedelta(days=20),
    action=Action(
        kind="SIGN",
        goal=25,
        milestones=((3, "Read aloud to Nora"), (25, "Framed, in the hospital's hall")),
        parts=(
            Part(handle="amara", region="NY", name="Amara", note="Eleven times, I counted."),
            Part(handle="rosalie", name="Rosalie", note="To Nora: roofs are a fine field of study."),
            Part(handle="kofi", region="OR", name="Kofi"),
            Part(handle="lukas", note="From Munich, with four finches of our own."),
        ),
    ),
    comments=(
        says(
            "amara",
            35,
            """
            I have driven that road a hundred times and never seen the osprey. She saw it in the first five
            minutes. I was only the driver; she was the one showing me around.
            """,
            says(
                "delia",
                48,
                """
                Night nurse to night nurse, somewhere in Queens: good answer about the van. You never know
                which sentence they keep.
                """,
                says(
                    "amara", 70, "She has read this now. She is crying at the station, she says hi.", likes=("delia",)
                ),
                likes=("amara", "mara", "ines", "bea"),
            ),
            likes=("mara", "delia", "ines", "rosalie", "bea", "kofi", "grace", "otto"),
        ),
        says(
            "kofi",
            120,
            "*It feels like being let in.* I read that to my choir. We needed a minute before the second verse.",
            likes=("mara", "amara", "priya"),
        ),
        says(
            "hank",
            260,
            "There is something in my eye. It's harvest, probably dust.",
            says(
                "grace",
                18,
                "It is not harvest, Hank.",
                says("hank", 4, "Some dust stays around.", likes=("grace", "ines", "mara", "bea")),
                likes=("ines", "bea"),
            ),
            likes=("grace", "ines", "amara"),
        ),
        says(
            "ines",
            900,
            """
            My neighbor's boy uses a wheelchair and asks about my car every single day. I always thought that
            it would be too complicated. Is it?
            """,
            says(
                "rosalie",
                25,
                """
                It is not. Ask his parents, ask him how he likes to transfer, and let him be in charge of the
                music. I have a checklist and will send it to you.
                """,
                says(
                    "ines",
                    3_100,
                    "Update: forty minutes, and only one song. Forty minutes.",
                    likes=("rosalie", "amara"),
                ),
                likes=("ines", "amara", "delia"),
            ),
            likes=("rosalie", "amara"),
        ),
        says(
            "bea",
            1_450,
            "The brown one that looked at her was a Carolina wren. Librarians also keep lists.",
            says("mara", 60, "Passed on to Nora. She says: *I knew it was somebody.*", likes=("bea", "amara", "kofi")),
            likes=("mara",),
        ),
    ),
)
