"""Who asks, as far as reading depends on it: the closed list of facts that visibility and fields may use.

Facts: signed in and role (together the *standing*), clubs, self. A predicate may use self only to widen what
others of the same standing and clubs see, so that without it (`shared`) it shows what all of them may see.
"""

from dataclasses import dataclass, replace
from datetime import datetime
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

    Whether the person is muted decides what may be written, and nothing of what is read.
    """

    user_id: int | None = None
    standing: Standing = Standing.ANONYMOUS
    clubs: frozenset[int] = frozenset()
    token_id: int | None = None
    app_id: int | None = None
    muted: bool = False
    muted_until: datetime | None = None

    def shared(self) -> "Viewer":
        """The same without self: what everybody of this standing and these clubs sees."""
        return replace(self, user_id=None, token_id=None, app_id=None, muted=False, muted_until=None)


NOBODY = Viewer()
