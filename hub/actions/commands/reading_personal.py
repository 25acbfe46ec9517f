"""Personal answers: the policy team reads them with a reason, which the log keeps beside whose they were."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from hub.actions.commands.drafting import PERSONAL
from hub.actions.loaders import action_by_id
from hub.actions.rules import ensure_may_read_personal
from hub.audit.recording import ENTRIES, RECORD, entry
from hub.audit.rules import ensure_reason
from hub.live.backend import Backend
from hub.refusals import ErrorCode, FieldRefusal, Refusal
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.sealing import Seal, Unreadable

_READ = Chain(
    (
        Step(
            "taken",
            """select p.id, p.sealed from participations p
               where p.action_id = {as_id action} and p.id {in ids} and p.sealed is not null""",
        ),
        RECORD,
    ),
    answer="taken",
    records={"entries": ENTRIES},
)


@dataclass(frozen=True)
class PersonalAnswers:
    """None where nothing was asked for, or what was sealed cannot be opened any more."""

    participation_id: int
    answers: dict[str, Any] | None


async def read_personal(
    backend: Backend, viewer: Viewer, *, action_id: int, ids: Sequence[int], reason: str | None
) -> list[PersonalAnswers]:
    """Of these participations in the action, in this order; those of other actions have none."""
    ensure_may_read_personal(viewer)
    why, most = ensure_reason(reason), backend.settings.ids_limit
    if why is None:
        raise Refusal(ErrorCode.REQUIRED, "Say why, for the log.", "reason")
    if not 0 < len(ids) <= most:
        raise FieldRefusal(ErrorCode.INVALID, f"Give 1 to {most}.", "participationIds", least=1, most=most)
    action = await action_by_id.row(backend.database, viewer, action_id)
    if action is None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such action, or you may not see it: check the id.", "actionId")
    told = {"actionId": str(action_id), "participationIds": [str(one) for one in ids]}
    entries = entry(viewer, "participations.read", ("Post", action["post_id"]), after=told, reason=why)
    rows = await _READ.run(backend.database, {"action": action_id, "ids": list(ids), "entries": entries})
    seal, sealed = Seal(backend.settings, PERSONAL), {row["id"]: row["sealed"] for row in rows}
    return [PersonalAnswers(one, opened(seal, sealed.get(one))) for one in ids]


def opened(seal: Seal, sealed: str | None) -> dict[str, Any] | None:
    with suppress(Unreadable):
        return seal.open(sealed) if sealed is not None else None
    return None
