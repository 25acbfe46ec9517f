"""Who asks, as far as reading depends on it: the closed list of facts that visibility and fields may use.

Facts: signed in and role (together the *standing*), clubs, self. A predicate may use self only to widen what
others of the same standing and clubs see, so that without it (`shared`) it shows what all of them may see.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class Standing(StrEnum):
    ANONYMOUS = "ANONYMOUS"
    MEMBER = "MEMBER"
    POLICY_TEAM = "POLICY_TEAM"
    MODERATOR = "MODERATOR"
    ADMIN = "ADMIN"

    @property
    def signed_in(self) -> bool:
        return self is not Standing.ANONYMOUS

    @property
    def staff(self) -> bool:
        """Moderators and admins: they see what is hidden."""
        return self in {Standing.MODERATOR, Standing.ADMIN}


class Fact(StrEnum):
    STANDING = "STANDING"
    CLUBS = "CLUBS"
    SELF = "SELF"


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """A person or nobody. `clubs` are the ids of the clubs where the person is an active member.

    What follows is for abilities alone, never for visibility: `offices` are those of these clubs where the person is
    more than a member, each with the role; `barred` are clubs that ended the person's membership.
    """

    user_id: int | None = None
    standing: Standing = Standing.ANONYMOUS
    clubs: frozenset[int] = frozenset()
    offices: frozenset[tuple[int, str]] = frozenset()
    barred: frozenset[int] = frozenset()
    token_id: int | None = None

    def holds(self, club_id: int | None, *roles: str) -> bool:
        """Whether the person has one of these roles in this club."""
        return club_id is not None and any((club_id, role) in self.offices for role in roles)

    def shared(self) -> "Viewer":
        """The same without self: what everybody of this standing and these clubs sees."""
        return replace(self, user_id=None, token_id=None, offices=frozenset(), barred=frozenset())


NOBODY = Viewer()
