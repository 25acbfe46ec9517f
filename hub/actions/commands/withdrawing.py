from hub.actions.commands.shifts import FREED
from hub.actions.commands.writing import involved
from hub.actions.loaders import action_by_id, participation_by_id
from hub.jobs import queue
from hub.jobs.kinds import WORK
from hub.limits.attempts import Counted
from hub.live.backend import Backend
from hub.refusals import ErrorCode, Refusal, ThrottleRefusal
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.reader import Reader
from hub.store.tables import Row
from hub.text.plain import ensure_line
from hub.users.rules import ensure_signed_in

_TRIES = 5
_WITHDRAW = Chain(
    (
        Step(
            "taken",
            """update participations set status = 'WITHDRAWN'
               where id = {as_id id} and user_id = {as_id user} and status = 'COUNTED'
               returning id, shift_id""",
        ),
        FREED,
        queue.ENQUEUE,
    ),
    answer="taken",
    records={"work": WORK},
)


_BY_RECEIPT = Chain(
    (
        Step(
            "taken",
            """update participations set status = 'WITHDRAWN'
               where receipt = {as_text receipt} and user_id is null and status = 'COUNTED' returning id""",
        ),
    ),
    answer="taken",
)
_RECEIPT = 40


async def withdraw(backend: Backend, viewer: Viewer, *, participation_id: int) -> bool:
    """Take part no longer; True when the person did not before."""
    user_id = ensure_signed_in(viewer)
    for _ in range(_TRIES):
        own, post_id = await _own(backend, viewer, participation_id)
        if own["status"] == "WITHDRAWN":
            return True
        if own["status"] != "COUNTED":
            raise Refusal(
                ErrorCode.FORBIDDEN,
                "This participation was struck out: write to the people who run this hub if you think that is wrong.",
                "id",
            )
        values = {"id": participation_id, "user": user_id, "work": involved(post_id, user_id)}
        if await _WITHDRAW.run(backend.database, values):
            return False
    raise ThrottleRefusal(
        ErrorCode.OVERLOADED, "Too many change this right now: try again in a moment.", retry_after_ms=1_000
    )


async def withdraw_by_receipt(backend: Backend, *, receipt: str, net: str) -> bool:
    """Who took part without an account takes part no longer; True when they did not before. `net` is where the request
    came from: whoever tries too many receipts there waits."""
    await backend.attempts.count("receipt", [Counted(f"address:{net}", backend.settings.receipts_per_address)])
    given = {"receipt": ensure_line(receipt, "receipt", least=1, most=_RECEIPT).upper()}
    if await _BY_RECEIPT.run(backend.database, given):
        return False
    rows = await backend.database.fetch(
        "select status from participations where receipt = {as_text receipt} and user_id is null", given
    )
    if not rows:
        raise Refusal(
            ErrorCode.NOT_FOUND, "There is no such receipt of somebody without an account: copy it whole.", "receipt"
        )
    if rows[0]["status"] != "WITHDRAWN":
        raise Refusal(
            ErrorCode.FORBIDDEN,
            "This participation does not count: it was struck out, or its mail was not opened yet.",
            "receipt",
        )
    return True


async def _own(backend: Backend, viewer: Viewer, participation_id: int) -> tuple[Row, int]:
    """The viewer's participation, and the post that asks for it."""
    reader = Reader(backend.database, viewer)
    own = await reader.one(participation_by_id, participation_id)
    action = await reader.one(action_by_id, own["action_id"]) if own is not None else None
    if own is None or action is None or own["user_id"] != viewer.user_id:
        raise Refusal(ErrorCode.NOT_FOUND, "You have no such participation: check the id.", "id")
    return own, action["post_id"]
