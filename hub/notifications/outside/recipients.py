"""To whom a letter goes, as of now: may this person still be told, under which address, and what may they see?"""

from dataclasses import dataclass

from hub.notifications.outside.preferences import MAILED
from hub.notifications.outside.schedule import Rhythm, quiet_of, zone_of
from hub.store.audience import Standing, Viewer
from hub.store.database import Database
from hub.users.tokens import BELONGING, CLUBS, MAY_SIGN_IN, SANCTIONED, clubs_of, in_force_of, keeping_out

_RECIPIENT = f"""
    select u.id, u.display_name, u.role, a.email, a.time_zone, s.quiet_from, s.quiet_to,
        {MAILED},
        {CLUBS}, x.kind as sanction, x.expires_at as sanction_until
    from users u left join accounts a on a.id = u.id left join notification_settings s on s.id = u.id
    {BELONGING}
    {SANCTIONED}
    where u.id = :user and {MAY_SIGN_IN}"""


@dataclass(frozen=True)
class Recipient:
    """`email` is None where no mail may go: unconfirmed, or it came back."""

    viewer: Viewer
    name: str
    email: str | None
    rhythm: Rhythm

    @property
    def user_id(self) -> int:
        assert self.viewer.user_id is not None
        return self.viewer.user_id


async def recipient_of(database: Database, user_id: int, digest_hour: int) -> Recipient | None:
    """None for who is kept out."""
    rows = await database.fetch(_RECIPIENT, {"user": user_id})
    if not rows or keeping_out(in_force_of(rows)) is not None:
        return None
    first, clubs = rows[0], clubs_of(rows)
    viewer = Viewer(user_id=user_id, standing=Standing(first["role"]), clubs=clubs.active)
    quiet = quiet_of(first["quiet_from"], first["quiet_to"])
    email = first["email"] if first["mailed"] else None
    return Recipient(viewer, first["display_name"], email, Rhythm(zone_of(first["time_zone"]), quiet, digest_hour))
