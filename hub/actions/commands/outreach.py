"""Turning to officials: who takes part says to whom and in which way, and adds to it later."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hub.actions.commands.asks import ASKS
from hub.actions.loaders import participation_by_id
from hub.actions.reading import Asking, asking
from hub.actions.rules import ensure_may_participate
from hub.live.backend import Backend
from hub.refusals import ErrorCode, FieldRefusal, Refusal, ThrottleRefusal
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.ids import new_id
from hub.store.sql import Kind
from hub.users.rules import ensure_signed_in

_TRIES, _MOST = 5, 20
REACHING: dict[str, Kind] = {
    "outreach_id": "id",
    "participation_id": "id",
    "official_id": "id",
    "channel": "text",
}
REACHED = Step(
    "reached",
    """insert into action_outreach (id, participation_id, official_id, channel, at)
       select outreach_id, participation_id, official_id, channel, {now} from reaching
       where participation_id in (select id from taken)
       on conflict do nothing returning id""",
)
"""After the step `taken`: stores the records `reaching`, each official in each way once."""
_ADD = Chain(
    (
        ASKS,
        Step(
            "taken",
            """select p.id from participations p
               where p.id = {as_id id} and p.user_id = {as_id user} and p.status = 'COUNTED'
                 and exists (select 1 from asks where asks.version = {as_int version}) {for_update}""",
        ),
        REACHED,
        Step("added", "select taken.id, (select count(*) from reached) as number from taken"),
    ),
    answer="added",
    records={"reaching": REACHING},
)


@dataclass(frozen=True)
class Reached:
    """That a person turned to the official with this key, by this channel."""

    official: str
    channel: str


def reaching(asked: Asking, given: Sequence[Reached] | None, participation_id: int) -> list[dict[str, Any]]:
    """The records of it: at least one where the action has officials, none elsewhere."""
    if not asked.officials:
        if given is not None:
            raise Refusal(ErrorCode.INVALID, "There are no officials here: leave `outreach` out.", "outreach")
        return []
    if not given:
        raise Refusal(ErrorCode.REQUIRED, "Say to whom you turned.", "outreach")
    if len(given) > _MOST:
        raise FieldRefusal(ErrorCode.INVALID, f"Give 1 to {_MOST}.", "outreach", least=1, most=_MOST)
    known = {official["key"]: official["id"] for official in asked.officials}
    if any(one.official not in known for one in given):
        raise Refusal(
            ErrorCode.NOT_FOUND, "There is no such official: take a key of the action's `officials`.", "outreach"
        )
    return [
        {
            "outreach_id": new_id(),
            "participation_id": participation_id,
            "official_id": known[one.official],
            "channel": one.channel,
        }
        for one in given
    ]


async def record_outreach(
    backend: Backend, viewer: Viewer, *, participation_id: int, outreach: Sequence[Reached]
) -> bool:
    """Add to one's own participation; True when all of it was there before."""
    user_id = ensure_signed_in(viewer)
    for _ in range(_TRIES):
        own = await participation_by_id.row(backend.database, viewer, participation_id)
        asked = await asking(backend, viewer, own["action_id"]) if own is not None else None
        if own is None or asked is None or own["user_id"] != user_id:
            raise Refusal(ErrorCode.NOT_FOUND, "You have no such participation: take part first.", "participationId")
        if own["status"] != "COUNTED":
            raise Refusal(
                ErrorCode.FORBIDDEN,
                "This participation does not count: take part again, where it was withdrawn.",
                "participationId",
            )
        ensure_may_participate(viewer, asked.action)
        values = {
            "id": participation_id,
            "user": user_id,
            "action": own["action_id"],
            "version": asked.action["version"],
            "reaching": reaching(asked, outreach, participation_id),
        }
        if added := await _ADD.run(backend.database, values):
            return not added[0]["number"]
    raise ThrottleRefusal(
        ErrorCode.OVERLOADED, "Too many change this at once: try again in a moment.", retry_after_ms=1_000
    )
