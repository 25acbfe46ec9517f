"""Who there is, and who sees what: written down once more, independent of the rules in the rooms."""

NOBODY = "anonymous"
PLATFORM = ("member", "author", "policy_team", "moderator", "admin")
CLUB = ("club_owner", "club_organizer", "club_moderator", "club_member")
BANNED = "banned"

SIGNED_IN = frozenset({*PLATFORM, *CLUB})
ALL = SIGNED_IN | {NOBODY}
STAFF = frozenset({"moderator", "admin"})
TEAM = frozenset({"policy_team", "admin"})
IN_CLUB = frozenset(CLUB)
KEEPERS = STAFF | {"club_owner", "club_moderator"}
MANAGERS = frozenset({"club_owner", "admin"})

# In the order of the README's table.
ROLES = (NOBODY, *PLATFORM, *CLUB)

# Who sees a thread, post or event of the author's; `policy_team` sees all posts besides.
SEEN_BY = {
    "PUBLIC": ALL,
    "UNLISTED": ALL,
    "MEMBERS": SIGNED_IN,
    "CLUB": IN_CLUB | STAFF | {"author"},
    "PRIVATE": STAFF | {"author"},
}
LISTED = frozenset(SEEN_BY) - {"UNLISTED"}


def handle_of(role: str) -> str | None:
    return None if role == NOBODY else role.replace("_", "-")
