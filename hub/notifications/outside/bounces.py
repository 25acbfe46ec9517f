"""Mail that comes back: told by the mail server's operator, or by the server at once. After a hard bounce no mail
goes to that address, until it is confirmed anew or another one is."""

from hub.live.backend import Backend
from hub.store.instants import now

_LONGEST = 18
_REASON = 200


async def stop_mail(backend: Backend, user_id: int) -> None:
    await backend.database.write(
        """insert into notification_settings (id, mail_stopped_at) values ({as_id user}, {as_instant at})
           on conflict (id) do update set mail_stopped_at = excluded.mail_stopped_at""",
        {"user": user_id, "at": now()},
    )


async def record_bounce(backend: Backend, message_id: str, *, permanent: bool, reason: str) -> bool:
    """By the `Message-ID` of a letter; False when we sent none like this. A temporary one is only noted."""
    number = message_id.strip().lstrip("<").partition("@")[0]
    if not number.isascii() or not number.isdigit() or len(number) > _LONGEST:
        return False
    rows = await backend.database.write(
        """update letters set outcome = 'BOUNCED', reason = :reason
           where id = {as_id id} and channel = 'EMAIL' returning user_id""",
        {"id": int(number), "reason": reason[:_REASON]},
    )
    if rows and permanent:
        await stop_mail(backend, rows[0]["user_id"])
    return bool(rows)
