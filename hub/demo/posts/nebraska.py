from datetime import timedelta

from hub.demo.shapes import Action, Bill, Part, Post, Response, Update, prose, says

NEBRASKA = Post(
    slug="nebraska-take-action",
    kind="CALL_TO_ACTION",
    title="Nebraska: tell your senator you want to choose where you buy",
    summary="LB 9051 would let car makers sell and repair their own cars in Nebraska. The hearing is near.",
    body=prose("""
        If you live in Nebraska and want a Halden, you order it as if from abroad. You cannot sit in one at a
        store, because a car maker may not own a store. You cannot have it repaired by us, because we may not
        repair it. Your senators can change that this spring.

        ## What the bill says

        **LB 9051** lets a maker that has never sold through dealers *sell and service its own cars* in the
        state. It is four pages long. It takes nothing away from the dealers there are, and it does not touch
        their contracts. Theo has written up [what each section does](https://example.org/policy/lb-9051).

        ## What you can do

        1. **Write to your senator.** Three sentences are enough: where you live, what you drive or would like
           to drive, and what the drive to the nearest service center costs you today
        2. **Come to Lincoln.** The Nebraska Plains club is at the Capitol on the day of the hearing, with cars
        3. **Tell one neighbor**, best of all one who disagrees with you, and listen to why

        ## What we ask you not to do

        Please write only if you live there, write it yourself, and be polite. One letter from Broken Bow about
        a broken window counts for more than a thousand copies of ours.

        *This bill, its number and its text are made up for this story; no real one is meant.*
        """),
    authors=("theo", "mara"),
    clubs=("nebraska-plains-owners",),
    regions=("NE",),
    topic="Right to buy",
    tags=("nebraska", "lb-9051"),
    published=timedelta(days=15),
    action=Action(
        kind="SUPPORT_BILL",
        goal=40,
        milestones=((5, "Enough for a van to Lincoln"), (20, "Enough for a bus")),
        bill=Bill(
            jurisdiction="Nebraska",
            number="LB 9051",
            title="Let makers without dealers sell and service their own cars",
            url="https://example.org/policy/lb-9051",
            status="Hearing in the Transportation Committee",
        ),
        questions=(("town", "Which town do you live in?", ()),),
        parts=(
            Part(handle="ines", region="NE", name="Ines", note="170 miles for a seal.", answers=(("town", "Ord"),)),
            Part(handle="bea", region="NE", name="Bea", answers=(("town", "Kearney"),)),
            Part(handle="hank", region="NE", note="Sell them wherever you like, but let me fix mine here."),
            Part(handle="grace", region="NE", name="Grace"),
            Part(handle="jonas", region="TX", note="Cheering from Texas."),
            Part(handle="yuki", region="NE"),
        ),
    ),
    updates=(
        Update(
            author="theo",
            days_after=4,
            body=prose("""
                The date is set: the committee hears LB 9051 in room 1510, in the morning. If you want to speak, you
                have three minutes. The club drives together from Kearney.
                """),
        ),
    ),
    responses=(
        Response(
            sender="Committee on Transportation, office of the chair",
            days_after=10,
            body=prose("""
                The committee has received 340 letters from 61 counties. The chair thanks you for how they were
                written, and asks for the number of repairs that were done out of state last year.
                """),
            outcome="Heard in committee; a vote is expected next month",
        ),
    ),
    comments=(
        says(
            "ines",
            21,
            """
            Sent mine. It is 170 miles to have a door seal looked at, and I take a day off work for it. I
            teach Zumba on Saturdays, so it also costs thirty people their Zumba.
            """,
            says("theo", 30, "Please tell me the thirty people are in the letter.", likes=("ines", "grace")),
            says("ines", 44, "They are in the *first sentence*.", likes=("theo", "hank", "mara", "grace")),
            likes=("theo", "mara", "grace", "hank", "delia"),
        ),
        says(
            "hank",
            95,
            """
            I'm for it, but let us be fair. The dealer in my town sponsors the ball team and fixed my combine
            on a Sunday. Folks are afraid of losing that, and I don't call them fools for it.
            """,
            says(
                "grace",
                26,
                """
                Nor do I. My brother-in-law sells pickups in Kearney, so this *is* our Thanksgiving. What moved
                him was the part on service: he would rather have a shop in town than no car at all to fix.
                """,
                says(
                    "theo",
                    52,
                    "May I quote the brother-in-law? Without his name, and without the gravy.",
                    says("grace", 13, "He says yes, and that he still won't buy one.", likes=("theo", "hank", "ines")),
                    likes=("grace",),
                ),
                likes=("hank", "ines"),
            ),
            says("mara", 70, "This is the comment I wish every hearing began with.", likes=("hank", "grace")),
            likes=("grace", "ines", "mara", "theo", "otto", "tomek"),
        ),
        says(
            "tomek",
            400,
            "Moved to Portland in June, still own the house in Omaha. May I write?",
            says(
                "theo",
                22,
                "If you vote in Nebraska, yes. If you vote in Oregon, come to the mall in person and hold a sign.",
                likes=("tomek",),
            ),
        ),
        says(
            "rosalie",
            1_300,
            """
            Same law here in New Mexico, for years. What helped was a shop on tribal land that people could
            walk into and see. Don't give up after the first no.
            """,
            likes=("theo", "mara", "ines", "amara"),
        ),
    ),
)
