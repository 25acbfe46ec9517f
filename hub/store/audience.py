"""Who asks, as far as reading depends on it: the closed list of facts that visibility and fields may use.

Facts: signed in, role and an app's club (together the *standing*), clubs, scopes, self. A predicate may use self only
to widen what others of the same standing and clubs see, so that without it (`shared`) it shows what all of them may
see.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Standing(StrEnum):
    ANONYMOUS = "ANONYMOUS"
    MEMBER = "MEMBER"
    POLICY_TEAM = "POLICY_TEAM"
    MODERATOR = "MODERATOR"
    ADMIN = "ADMIN"
    CLUB_APP = "CLUB_APP"
    """An app that is bound to a club, for itself or for a member: sees that club's (`:within`) as members do."""

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
    SCOPES = "SCOPES"
    SELF = "SELF"


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """A person, an app or nobody; an app may act for a person. `clubs` are the ids of the clubs where the viewer
    counts as an active member, and `within` is the one that an app is bound to.

    `scopes` is what a token is limited to, None for a person's own session, which has all. Whether the person is muted
    decides what may be written, and nothing of what is read. The request's id goes into the audit log and tells no
    viewer from another.

    What follows is for abilities alone, never for visibility: `offices` are those of these clubs where the person is
    more than a member, each with the role; `barred` are clubs that ended the person's membership.
    """

    user_id: int | None = None
    standing: Standing = Standing.ANONYMOUS
    clubs: frozenset[int] = frozenset()
    offices: frozenset[tuple[int, str]] = frozenset()
    barred: frozenset[int] = frozenset()
    token_id: int | None = None
    app_id: int | None = None
    within: int | None = None
    scopes: frozenset[str] | None = None
    muted: bool = False
    muted_until: datetime | None = None
    request_id: str = field(default="", compare=False)

    def lacks(self, scopes: frozenset[str]) -> bool:
        """Whether the token is limited and does not have all of them."""
        return self.scopes is not None and not scopes <= self.scopes

    def holds(self, club_id: int | None, *roles: str) -> bool:
        """Whether the person has one of these roles in this club."""
        return club_id is not None and any((club_id, role) in self.offices for role in roles)

    def shared(self) -> "Viewer":
        """The same without self: what everybody of this standing, these clubs and scopes sees."""
        return Viewer(standing=self.standing, clubs=self.clubs, within=self.within, scopes=self.scopes)


NOBODY = Viewer()
