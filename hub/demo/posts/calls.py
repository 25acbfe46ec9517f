"""What the other posts led to: one thing to do each, of another kind."""

from datetime import timedelta

from hub.demo.shapes import Action, Official, Part, Post, Shift, prose, says

PACKING_DAYS = Post(
    slug="packing-days-austin",
    kind="CALL_TO_ACTION",
    title="Packing days in Austin",
    summary="Water, batteries and pet food have to be sorted before they can drive. Pick a morning or an evening.",
    body=prose("""
        The hall in East Austin is ours for two more weeks. What comes in by the pallet leaves by the box, and
        between the two there are tables and you. **No lifting above the hip**, and Jonas brings the music.
        """),
    authors=("mara",),
    clubs=("lone-star-owners",),
    regions=("TX",),
    published=timedelta(days=30),
    action=Action(
        kind="VOLUNTEER",
        goal=12,
        milestones=((3, "Enough for one table"),),
        shifts=(
            Shift(key="morning", title="Sort what came in the night", days=9, hour=14, hours=4, places=3),
            Shift(key="evening", title="Load the trailers", days=9, hour=23, hours=3, places=8),
        ),
        parts=(
            Part(handle="jonas", region="TX", name="Jonas", note="Polka until somebody complains.", shift="morning"),
            Part(handle="delia", region="TX", name="Delia", shift="morning"),
            Part(handle="bea", region="NE", shift="morning"),
            Part(handle="samir", region="TX", name="Samir", shift="evening"),
        ),
    ),
    comments=(says("bea", 50, "I complain in advance.", says("jonas", 6, "Noted. Polka it is.", likes=("bea",))),),
)

SUPPLIES = Post(
    slug="supplies-for-the-coast",
    kind="CALL_TO_ACTION",
    title="Supplies for the coast",
    summary="Five-gallon jugs of water, size D batteries, pet food. Say what you bring, so that nothing comes twice.",
    body=prose("""
        The shelters tell us each morning what is short. Today that is **water in five-gallon jugs**, size D
        batteries, and food for about thirty dogs and one heron. Bring it to the hall in Austin, or to any
        service center in Texas until eight.
        """),
    authors=("mara",),
    clubs=("lone-star-owners",),
    regions=("TX", "LA"),
    published=timedelta(days=31),
    action=Action(
        kind="COLLECT_SUPPLIES",
        goal=40,
        milestones=((3, "One trailer"),),
        questions=(("what", "What do you bring?", ("Water", "Batteries", "Pet food")),),
        parts=(
            Part(handle="samir", region="TX", name="Samir", answers=(("what", "Water"),)),
            Part(handle="wanda", region="LA", name="Wanda", answers=(("what", "Batteries"),)),
            Part(handle="tomek", region="WA", note="The heron is on me.", answers=(("what", "Pet food"),)),
        ),
    ),
    comments=(says("delia", 90, "The heron has opinions about the brand.", likes=("tomek", "mara")),),
)

FOOD_BANK = Post(
    slug="give-to-the-food-bank",
    kind="CALL_TO_ACTION",
    title="Rather give money? Give it to the food bank",
    summary="They turn a dollar into three meals. We do not touch the money, and count only that you went there.",
    body=prose("""
        Many of you ask where to send money. Not to us: the food bank on the coast has the trucks, the freezers
        and thirty years of practice. Tell us here that you gave, if you like; how much stays between you and
        them.
        """),
    authors=("theo",),
    clubs=("lone-star-owners",),
    regions=("TX",),
    published=timedelta(days=32),
    action=Action(
        kind="DONATE_ELSEWHERE",
        goal=50,
        milestones=(),
        external_url="https://example.org/relief/food-bank",
        parts=(
            Part(handle="grace", region="NE", name="Grace", note="In place of a pie."),
            Part(handle="lukas", note="Greetings from Munich."),
        ),
    ),
    comments=(),
)

LEND_HOURS = Post(
    slug="lend-an-hour",
    kind="CALL_TO_ACTION",
    title="Lend an hour to somebody's first ride",
    summary="Two hundred hours behind the wheel would clear the First Ride Circle's list by summer.",
    body=prose("""
        Since Nora's story the list has grown to ninety names. Each ride takes an hour or two of somebody who
        drives carefully and talks only when asked. **How many can you lend this season?**
        """),
    authors=("mara",),
    clubs=("first-ride-circle",),
    published=timedelta(days=33),
    action=Action(
        kind="PLEDGE",
        goal=60,
        hours=200,
        milestones=((3, "A ride each weekend"),),
        parts=(
            Part(handle="amara", region="NY", name="Amara", amount=24),
            Part(handle="rosalie", name="Rosalie", note="Saturdays, with ramp.", amount=16),
            Part(handle="kofi", region="OR", amount=6),
        ),
    ),
    comments=(says("rosalie", 75, "Ninety names, and every one has asked for the roof button.", likes=("amara",)),),
)

WRITE_TO_SENATORS = Post(
    slug="write-to-your-senator",
    kind="CALL_TO_ACTION",
    title="LB 9051: whom to write to, and how",
    summary="The senators of the committee, and a letter to begin with. Change it until it sounds like you.",
    body=prose("""
        These are the people who decide whether LB 9051 leaves the committee. The letter below is a beginning,
        not an end: **put in your own road, your own repair, your own town**, and throw out what is not yours.

        *These senators are made up, as the bill is.*
        """),
    authors=("theo",),
    clubs=("nebraska-plains-owners",),
    regions=("NE",),
    published=timedelta(days=34),
    action=Action(
        kind="CONTACT_OFFICIAL",
        goal=100,
        milestones=((3, "A folder of its own in the committee's office"),),
        letter=(
            "LB 9051, from somebody who drives far",
            prose("""
                Dear {official},

                as {office} you decide on LB 9051. I live in Nebraska, and I ask you to let it pass.

                (Your road, your repair, your town.)

                {name}
                """),
        ),
        officials=(
            Official(
                key="holm",
                name="Edith Holm",
                office="Chair of the Transportation Committee",
                email="holm@legislature.example",
            ),
            Official(
                key="okada", name="Sam Okada", office="Senator, 41st district", region="NE", phone="+1 402 555 0141"
            ),
            Official(
                key="reyes",
                name="Lucía Reyes",
                office="Senator, 7th district",
                region="NE",
                email="reyes@legislature.example",
                contact_url="https://example.org/legislature/reyes",
            ),
        ),
        parts=(
            Part(handle="ines", region="NE", name="Ines", outreach=(("okada", "LETTER"), ("holm", "MAIL"))),
            Part(handle="hank", region="NE", note="Called from the combine.", outreach=(("okada", "PHONE"),)),
            Part(handle="grace", region="NE", name="Grace", outreach=(("reyes", "IN_PERSON"),)),
        ),
    ),
    comments=(
        says("grace", 40, "Met her at the fair. She asked about winter before I could.", likes=("ines", "theo")),
    ),
)

YOUR_FIRST_RIDE = Post(
    slug="tell-your-first-ride",
    kind="STORY",
    title="And yours? Tell us about a first ride",
    summary="Nora asked for more stories to read in the maple. We read each before it is shown.",
    body=prose("""
        Nora is done with ours and would like more. Tell her about a first ride: yours, your mother's, your
        dog's. Birds are welcome. **We read each story before others can**, and change nothing in it.
        """),
    authors=("mara",),
    clubs=("first-ride-circle",),
    published=timedelta(days=35),
    action=Action(
        kind="SHARE_STORY",
        goal=30,
        milestones=((2, "One for each evening of a weekend"),),
        parts=(
            Part(
                handle="priya",
                region="WA",
                name="Priya",
                review="APPROVED",
                story="My grandmother kept her hand on the door for the whole first mile. In the second she asked"
                " whether it *could go on* like this. It could, to Leavenworth.",
            ),
            Part(
                handle="kofi",
                region="OR",
                name="Kofi",
                review="APPROVED",
                story="We were eleven altos in two cars, and for once somebody could hear the **second voice**.",
            ),
            Part(
                handle="yuki",
                review="PENDING",
                story="A crow flew beside us for three streets. I think it had never been able to listen before.",
            ),
        ),
    ),
    comments=(says("amara", 30, "Nora's mother says: after homework.", likes=("mara", "kofi")),),
)

CALLS = (PACKING_DAYS, SUPPLIES, FOOD_BANK, LEND_HOURS, WRITE_TO_SENATORS, YOUR_FIRST_RIDE)
