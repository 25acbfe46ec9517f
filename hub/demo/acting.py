"""An action of the story and who took part, as rows: tallies that are true, and nothing left to count or to tell."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from hub.actions.tables import actions, consents, form_fields, milestones, participations, region_tallies, tallies
from hub.demo.shapes import Action, Part
from hub.live.log import new_epoch
from hub.live.tables import streams
from hub.store.tables import Table

Rows = list[dict[str, Any]]
_CONSENT = "We keep your name and what you answer until this is over, and pass on neither."


def rows_of(
    action: Action, post_id: int, begun: datetime, people: Mapping[str, int], new_id: Callable[[], int]
) -> Iterator[tuple[Table, Rows]]:
    """By table, in the order in which they may be written."""
    key, last = new_id(), begun + timedelta(hours=len(action.parts))
    yield streams, [{"id": key, "epoch": new_epoch()}]
    yield actions, [_action_row(action, key, post_id, begun)]
    yield consents, [{"id": new_id(), "action_id": key, "version": 1, "text": _CONSENT, "at": begun}]
    yield tallies, [{"id": key, "value": len(action.parts), "as_of": last, "told_state": "OPEN"}]
    regions = Counter(part.region for part in action.parts if part.region)
    yield (
        region_tallies,
        [{"id": new_id(), "action_id": key, "region": region, "value": value} for region, value in regions.items()],
    )
    yield milestones, [_milestone_row(action, key, at, label, begun, new_id()) for at, label in action.milestones]
    yield (
        form_fields,
        [
            {"id": new_id(), "action_id": key, "position": position, "choices": list(choices), **_ASKED[kind], **asked}
            for position, (kind, asked, choices) in enumerate(map(_question, action.questions), 1)
        ],
    )
    yield (
        participations,
        [
            _part_row(part, key, people[part.handle], begun + timedelta(hours=hours), new_id())
            for hours, part in enumerate(action.parts, 1)
        ],
    )


_ASKED = {
    "CHOICE": {"type": "CHOICE", "required": True, "personal": False},
    "TEXT": {"type": "TEXT", "required": False, "personal": False},
}


def _question(question: tuple[str, str, tuple[str, ...]]) -> tuple[str, dict[str, str], tuple[str, ...]]:
    """Those with choices want one of them, others may be left out."""
    key, label, choices = question
    return "CHOICE" if choices else "TEXT", {"key": key, "label": label}, choices


def _action_row(action: Action, key: int, post_id: int, begun: datetime) -> dict[str, Any]:
    bill = action.bill
    return {
        "id": key,
        "post_id": post_id,
        "kind": action.kind,
        "verification": "ACCOUNT",
        "goal": action.goal,
        "field_count": len(action.questions),
        "consent_text": _CONSENT,
        "bill_jurisdiction": bill.jurisdiction if bill else None,
        "bill_number": bill.number if bill else None,
        "bill_title": bill.title if bill else None,
        "bill_url": bill.url if bill else None,
        "bill_status": bill.status if bill else None,
        "created_at": begun,
    }


def _milestone_row(action: Action, key: int, at: int, label: str, begun: datetime, new_id: int) -> dict[str, Any]:
    reached = begun + timedelta(hours=at) if len(action.parts) >= at else None
    return {"id": new_id, "action_id": key, "at": at, "label": label, "reached_at": reached}


def _part_row(part: Part, key: int, user_id: int, at: datetime, new_id: int) -> dict[str, Any]:
    return {
        "id": new_id,
        "action_id": key,
        "user_id": user_id,
        "person": f"user:{user_id}",
        "display_name": part.name,
        "public_note": part.note,
        "region": part.region,
        "status": "COUNTED",
        "receipt": f"DEMO-{new_id:05}",
        "answers": dict(part.answers),
        "consent_version": 1,
        "at": at,
        "counted": True,
    }
