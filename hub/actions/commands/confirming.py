"""What the link in the mail does for who takes part without an account: shown it changes nothing."""

from dataclasses import dataclass

from hub.actions.links import dead_link, read
from hub.actions.loaders import action_by_id
from hub.actions.rules import TAKES, ensure_takes
from hub.live.backend import Backend
from hub.refusals import DuplicateRefusal, ErrorCode, Refusal, ThrottleRefusal
from hub.store.audience import NOBODY
from hub.store.chain import Chain, Step
from hub.store.database import UniqueViolation
from hub.store.tables import fill

_CONFIRM = Chain(
    (
        Step(
            "taken",
            """update participations set status = 'COUNTED', at = {now}
               where id = {as_id id} and status = 'PENDING_VERIFICATION'
                 and exists (select 1 from actions a where a.id = participations.action_id and """
            + fill(TAKES, "a")
            + ") returning id",
        ),
    ),
    answer="taken",
)
_WITHDRAW = Chain(
    (
        Step(
            "taken",
            """update participations set status = 'WITHDRAWN'
               where id = {as_id id} and user_id is null and status = 'COUNTED' returning id""",
        ),
    ),
    answer="taken",
)


@dataclass(frozen=True)
class Linked:
    """What a link is about."""

    action_id: int
    title: str
    status: str
    receipt: str


async def linked(backend: Backend, token: str) -> Linked:
    """Refuses a link that is forged, or too old to confirm what still waits."""
    participation_id, fresh = read(backend, token)
    rows = await backend.database.fetch(
        """select p.action_id, p.status, p.receipt, posts.title from participations p
           join actions a on a.id = p.action_id join posts on posts.id = a.post_id
           where p.id = {as_id id} and p.user_id is null""",
        {"id": participation_id},
    )
    if not rows or (rows[0]["status"] == "PENDING_VERIFICATION" and not fresh):
        raise dead_link()
    return Linked(**rows[0])


async def confirm(backend: Backend, token: str) -> bool:
    """Have it counted; True when it was before. Refuses who takes part otherwise, and what takes nobody now."""
    participation_id, _ = read(backend, token)
    found = await linked(backend, token)
    try:
        if found.status == "PENDING_VERIFICATION" and await _CONFIRM.run(backend.database, {"id": participation_id}):
            return False
    except UniqueViolation:
        raise DuplicateRefusal(
            "You take part already: withdraw first if you want to change your answers.", "token"
        ) from None
    found = await linked(backend, token)
    if found.status == "COUNTED":
        return True
    if found.status != "PENDING_VERIFICATION":
        raise dead_link()
    action = await action_by_id.row(backend.database, NOBODY, found.action_id)
    if action is None:
        raise Refusal(ErrorCode.CLOSED, "This has ended: look for another one.", "token")
    ensure_takes(action)
    raise ThrottleRefusal(
        ErrorCode.OVERLOADED, "This is being changed right now: try again in a moment.", retry_after_ms=1_000
    )


async def withdraw_by_link(backend: Backend, token: str) -> bool:
    """Take part no longer; True when it did not count before."""
    participation_id, _ = read(backend, token)
    if await _WITHDRAW.run(backend.database, {"id": participation_id}):
        return False
    if (await linked(backend, token)).status == "INVALIDATED":
        raise Refusal(
            ErrorCode.FORBIDDEN,
            "This participation was struck out: write to the people who run this hub if you think that is wrong.",
            "token",
        )
    return True
