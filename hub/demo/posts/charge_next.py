from datetime import timedelta

from hub.demo.shapes import Post, prose, says

CHARGE_NEXT = Post(
    slug="where-should-we-charge-next",
    kind="QUESTION",
    title="Where should the next chargers go?",
    summary="We can build twelve stations in the Pacific Northwest next year. You know the roads.",
    body=prose("""
        Next year we build **twelve charging stations** in Washington and Oregon. Our map says where many cars
        pass. It does not say where you stood in the rain with nine percent and a crying child.

        So, please tell us:

        - **Where** do you plan around a gap? A town or a mile marker is perfect
        - **What** should be within a short walk? We keep hearing *a toilet and a tree*
        - **When** do you need it: on the way to work, on Friday night, in ski season?

        We read every answer, and in six weeks we post the map with your places on it, also those that we
        could not build, and why not.
        """),
    authors=("theo",),
    clubs=("cascadia-current",),
    regions=("WA", "OR"),
    topic="Charging",
    published=timedelta(days=6),
    comments=(
        says(
            "priya",
            40,
            """
            Highway 2, anywhere between Monroe and Leavenworth. In ski season there are ninety cars and two
            plugs, and one of the two has opinions.
            """,
            says(
                "tomek",
                12,
                "Skykomish. There is a diner, a toilet, and a tree. There may even be two trees.",
                says(
                    "priya", 5, "Seconded. Pie at the diner is a legitimate charging strategy.", likes=("tomek", "kofi")
                ),
                likes=("priya", "theo"),
            ),
            likes=("kofi", "tomek", "wanda", "theo"),
        ),
        says(
            "kofi",
            220,
            """
            Not a highway: **apartments**. Half of my choir would drive electric if they could charge where
            they sleep. A slow plug at the curb in outer Southeast beats a fast one at the mall.
            """,
            says(
                "theo",
                35,
                "We had not counted curbs as stations. Would four slow plugs for one fast one be a good trade?",
                says(
                    "kofi",
                    14,
                    "Easily.",
                    says(
                        "priya",
                        48,
                        """
                        I disagree a little: in town yes, but please not at the cost of Highway 2. One of these
                        is inconvenient, the other is stranded.
                        """,
                        says("kofi", 11, "True. I withdraw *easily*, I keep the curb.", likes=("priya", "theo")),
                        likes=("tomek",),
                    ),
                ),
                likes=("kofi",),
            ),
            likes=("priya", "wanda", "amara"),
        ),
        says(
            "wanda",
            800,
            "Light. Whatever you build, light it well. I will walk farther for a lamp than for a coffee.",
            likes=("priya", "amara", "theo", "ines", "rosalie"),
        ),
    ),
)
