"""Who talks here."""

from hub.demo.shapes import Person

PEOPLE = (
    Person(
        handle="mara",
        display_name="Mara Lindqvist",
        bio="I look after community and policy at Halden Motors. If a rule keeps you from driving electric, "
        "tell me about it.",
        role="POLICY_TEAM",
    ),
    Person(
        handle="theo",
        display_name="Theo Adeyemi",
        bio="Policy team, Halden Motors. I read bills so that you don't have to, and write down what they *say*.",
        role="POLICY_TEAM",
    ),
    Person(
        handle="otto",
        display_name="Otto Brandvold",
        bio="Moderator since the old forum. Be kind, stay on topic, and **do not** park in a charging bay.",
        role="MODERATOR",
    ),
    Person(
        handle="wanda",
        display_name="Wanda Okafor",
        bio="I keep the hub running. When it is quiet, that is me working.",
        role="ADMIN",
    ),
    Person(
        handle="jonas",
        display_name="Jonas Wieland",
        bio="Came from Bremen to Austin for one year, in 2011. Organizes drives for "
        "[Lone Star Owners](https://example.org/clubs/lone-star-owners) and brings too much cake.",
    ),
    Person(
        handle="ines",
        display_name="Inês Carvalho",
        bio="Lincoln, Nebraska. Halden Lark, blue, second owner, first love.",
    ),
    Person(
        handle="delia",
        display_name="Delia Ramirez",
        bio="Night nurse in Houston. My Ridge has powered a fridge, a ventilator and one quinceañera.",
    ),
    Person(
        handle="samir",
        display_name="Samir Haddad",
        bio="Electrician in Dallas. Ask me about breakers before you ask me about batteries.",
    ),
    Person(
        handle="bea",
        display_name="Beatriz Molina",
        bio="Retired librarian, San Antonio. I alphabetize my charging cables.",
    ),
    Person(
        handle="hank",
        display_name="Hank Pruitt",
        bio="Corn, beans and one electric pickup, west of Omaha. The cows were sceptical too.",
    ),
    Person(
        handle="grace",
        display_name="Grace Kowalczyk",
        bio="I teach physics in Lincoln, and my students keep the spreadsheet of my winter range.",
    ),
    Person(
        handle="priya",
        display_name="Priya Raman",
        bio="Seattle. Tests software by day, mountain passes by weekend.",
    ),
    Person(
        handle="kofi",
        display_name="Kofi Mensah",
        bio="Music teacher in Portland. A cello fits in a Lark, *if you ask it nicely*.",
    ),
    Person(handle="tomek", display_name="Tomek Nowak"),
    Person(
        handle="yuki",
        display_name="Yuki Tanabe",
        bio="Berlin by way of Sapporo. Knows where every lake has a plug.",
    ),
    Person(
        handle="lukas",
        display_name="Lukas Brenner",
        bio="Munich. Skis on the roof from November to, well, May.",
    ),
    Person(
        handle="amara",
        display_name="Amara Diallo",
        bio="Brooklyn. Started the First Ride Circle because somebody once gave me the front seat.",
    ),
    Person(
        handle="rosalie",
        display_name="Rosalie Begay",
        bio="Albuquerque, school bus driver. Thirty years of diesel, one year without.",
    ),
)
