"""An action of the story and who took part, as rows: tallies that are true, and nothing left to count or to tell."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from hub.actions.tables import (
    actions,
    consents,
    form_fields,
    milestones,
    officials,
    outreach,
    participations,
    region_tallies,
    shifts,
    tallies,
)
from hub.demo.shapes import Action, Part, Shift
from hub.live.log import new_epoch
from hub.live.tables import streams
from hub.store.tables import Table
from hub.text.markdown import render

Rows = list[dict[str, Any]]
_CONSENT = "We keep your name and what you answer until this is over, and pass on neither."


def rows_of(
    action: Action, post_id: int, begun: datetime, today: datetime, people: Mapping[str, int], new_id: Callable[[], int]
) -> Iterator[tuple[Table, Rows]]:
    """By table, in the order in which they may be written."""
    key, last = new_id(), begun + timedelta(hours=len(action.parts))
    pledged = sum(part.amount or 0 for part in action.parts)
    listed = {one.key: new_id() for one in (*action.shifts, *action.officials)}
    yield streams, [{"id": key, "epoch": new_epoch()}]
    yield actions, [_action_row(action, key, post_id, begun)]
    yield consents, [{"id": new_id(), "action_id": key, "version": 1, "text": _CONSENT, "at": begun}]
    yield tallies, [{"id": key, "value": len(action.parts), "as_of": last, "pledged": pledged, "told_state": "OPEN"}]
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
    yield shifts, [_shift_row(action, shift, key, today, listed[shift.key]) for shift in action.shifts]
    yield (
        officials,
        [
            {"id": listed[one.key], "action_id": key, "position": position, **asdict(one)}
            for position, one in enumerate(action.officials, 1)
        ],
    )
    parts = [
        _part_row(part, key, people[part.handle], begun + timedelta(hours=hours), new_id(), listed)
        for hours, part in enumerate(action.parts, 1)
    ]
    yield participations, parts
    yield (
        outreach,
        [
            {
                "id": new_id(),
                "participation_id": row["id"],
                "official_id": listed[official],
                "channel": channel,
                "at": row["at"],
            }
            for row, part in zip(parts, action.parts, strict=True)
            for official, channel in part.outreach
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
        "shift_count": len(action.shifts),
        "official_count": len(action.officials),
        "pledge_unit": "HOURS" if action.hours else None,
        "pledge_goal": action.hours,
        "external_url": action.external_url,
        "letter_subject": action.letter[0] if action.letter else None,
        "letter_body": action.letter[1] if action.letter else None,
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


def _shift_row(action: Action, shift: Shift, key: int, today: datetime, new_id: int) -> dict[str, Any]:
    starts = today + timedelta(days=shift.days, hours=shift.hour)
    return {
        "id": new_id,
        "action_id": key,
        "key": shift.key,
        "title": shift.title,
        "starts_at": starts,
        "ends_at": starts + timedelta(hours=shift.hours),
        "places": shift.places,
        "booked": sum(part.shift == shift.key for part in action.parts),
    }


def _part_row(
    part: Part, key: int, user_id: int, at: datetime, new_id: int, listed: Mapping[str, int]
) -> dict[str, Any]:
    story = render(part.story) if part.story else None
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
        "amount": part.amount,
        "shift_id": listed[part.shift] if part.shift else None,
        "answers": dict(part.answers),
        "story_source": story.source if story else None,
        "story_html": story.html if story else None,
        "story_excerpt": story.excerpt if story else None,
        "review": part.review,
        "consent_version": 1,
        "at": at,
        "counted": True,
    }
