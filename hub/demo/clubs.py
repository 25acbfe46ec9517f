"""The owner clubs, and who belongs to them."""

from hub.demo.shapes import Club, prose

CLUBS = (
    Club(
        slug="lone-star-owners",
        name="Lone Star Owners",
        region="Texas",
        about=prose("""
            Halden owners from El Paso to Beaumont. We drive together, help each other charge, and when the
            weather turns on us we are the people with **big batteries and time**.

            - A drive every month, slow enough for the slowest
            - A relief team that answers its phone
            - Cake, because of Jonas
            """),
        members=(
            ("delia", "OWNER"),
            ("jonas", "ORGANIZER"),
            ("bea", "MODERATOR"),
            ("samir", "MEMBER"),
            ("rosalie", "MEMBER"),
            ("tomek", "MEMBER"),
            ("mara", "MEMBER"),
        ),
    ),
    Club(
        slug="nebraska-plains-owners",
        name="Nebraska Plains Owners",
        region="Omaha and Lincoln, Nebraska",
        about=prose("""
            From Omaha and Lincoln out to where the road runs straight. We trade honest range numbers, show
            neighbors what an electric pickup does on a farm, and turn up politely when the legislature talks
            about cars.

            New here? Say what you drive and how far you are from a plug.
            """),
        members=(
            ("hank", "OWNER"),
            ("grace", "ORGANIZER"),
            ("ines", "MEMBER"),
            ("tomek", "MEMBER"),
            ("theo", "MEMBER"),
            ("mara", "MEMBER"),
            ("otto", "MODERATOR"),
        ),
    ),
    Club(
        slug="cascadia-current",
        name="Cascadia Current",
        region="Pacific Northwest",
        about=prose("""
            Seattle, Portland, and the wet green parts between and around them. We meet at trailheads and
            chargers, and we leave both cleaner than we found them.

            Rain is not a reason to cancel. Rain is Tuesday.
            """),
        members=(
            ("priya", "OWNER"),
            ("kofi", "ORGANIZER"),
            ("tomek", "MEMBER"),
            ("wanda", "MEMBER"),
            ("otto", "MEMBER"),
            ("grace", "MEMBER"),
        ),
    ),
    Club(
        slug="spree-isar-owners",
        name="Spree & Isar Owners",
        region="Berlin and Munich, Europe",
        about=prose("""
            One club, two rivers, and 600 km of motorway to argue about. We write in English so that everyone
            from Porto to Tallinn can join in. *Deutsch geht auch.*

            Saturdays at the lakes in summer, Saturdays at the foot of the Alps in winter.
            """),
        members=(
            ("yuki", "OWNER"),
            ("lukas", "ORGANIZER"),
            ("jonas", "MEMBER"),
            ("mara", "MEMBER"),
            ("ines", "MEMBER"),
        ),
    ),
    Club(
        slug="first-ride-circle",
        name="First Ride Circle",
        region="Everywhere, started in New York",
        about=prose("""
            Women who drive electric, and everyone who wants to sit beside one for the first time. We offer
            **first rides**: half an hour, no sales talk, every question allowed.

            You do not need to own a car to join. Most of us did not when we came.
            """),
        members=(
            ("amara", "OWNER"),
            ("rosalie", "ORGANIZER"),
            ("delia", "MODERATOR"),
            ("ines", "MEMBER"),
            ("priya", "MEMBER"),
            ("grace", "MEMBER"),
            ("bea", "MEMBER"),
            ("yuki", "MEMBER"),
            ("mara", "MEMBER"),
        ),
    ),
)
