"""Participations for the team, in batches by rising ids: the whole is never in memory.

Names are those of OSDI where it has one (`identifiers`, `action_date`, `referrer_data`, `comments`, `custom_fields`).
"""

import csv
import io
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from hub.actions.commands.drafting import PERSONAL
from hub.actions.commands.reading_personal import opened
from hub.actions.loaders import action_by_id, fields_of_action
from hub.actions.rules import ensure_may_export
from hub.audit.recording import ENTRIES, RECORD, entry
from hub.audit.rules import ensure_reason
from hub.live.backend import Backend
from hub.refusals import ErrorCode, Refusal
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.database import Record
from hub.store.instants import from_driver, to_text
from hub.store.loaders import Page
from hub.store.reader import Reader
from hub.store.sealing import Seal

Form = Literal["csv", "jsonl"]
_FIELDS = 40
_RISKY = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS = (
    *("identifier", "receipt", "status", "action_date", "person_identifier", "display_name", "region", "comments"),
    *("amount", "shift", "story", "review", "outreach"),
    *("referrer_source", "referrer_url", "referrer_identifier", "referrer_app", "consent_version", "net"),
)
_PAGE = """select p.id, p.receipt, p.status, p.at, p.user_id, p.display_name, p.region, p.public_note, p.referral,
        p.referral_url, p.referrer_id, p.app_id, p.amount,
        (select s.key from action_shifts s where s.id = p.shift_id) as shift, p.consent_version, p.net_print,
        case when p.status = 'COUNTED' then p.story_source end as story, p.review,
        p.answers, p.sealed
    from participations p where p.action_id = {as_id action} and p.id > {as_id after}
    order by p.id limit {as_int most}"""
_REACHED = """select r.participation_id, o.key, r.channel, r.at from action_outreach r
    join action_officials o on o.id = r.official_id where r.participation_id {in ids} order by r.id"""
_NOTE = Chain(
    (Step("taken", "select a.id from actions a where a.id = {as_id action}"), RECORD),
    answer="taken",
    records={"entries": ENTRIES},
)


@dataclass(frozen=True)
class Export:
    """One that the log knows of and that may begin; `keys` are those of the action's form."""

    action_id: int
    form: Form
    keys: tuple[str, ...]
    seal: Seal | None


async def begin(
    backend: Backend, viewer: Viewer, *, action_id: int, form: Form, personal: bool, reason: str | None
) -> Export:
    """Judge it by who asks, then as `prepare`."""
    ensure_may_export(viewer, personal=personal)
    return await prepare(backend, viewer, viewer, action_id=action_id, form=form, personal=personal, reason=reason)


async def prepare(
    backend: Backend, actor: Viewer, seeing: Viewer, *, action_id: int, form: Form, personal: bool, reason: str | None
) -> Export:
    """Log it under the actor. With `personal`, which wants a reason, personal answers are opened."""
    why = ensure_reason(reason)
    if personal and why is None:
        raise Refusal(ErrorCode.REQUIRED, "Say why personal answers are read, for the log.", "reason")
    reader = Reader(backend.database, seeing)
    action = await reader.one(action_by_id, action_id)
    if action is None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such action, or you may not see it: check the id.", "actionId")
    told = {"actionId": str(action_id), "form": form, "personal": personal}
    entries = entry(actor, "participations.exported", ("Post", action["post_id"]), after=told, reason=why)
    await _NOTE.run(backend.database, {"action": action_id, "entries": entries})
    fields = (await reader.many(fields_of_action, action_id, Page(_FIELDS))).rows
    keys = tuple(field["key"] for field in fields if personal or not field["personal"])
    return Export(action_id, form, keys, Seal(backend.settings, PERSONAL) if personal else None)


async def parts(backend: Backend, export: Export) -> AsyncGenerator[bytes]:
    """The export piece by piece: a head for CSV, then each `HUB_EXPORT_BATCH` rows."""
    if export.form == "csv":
        yield _lines([[*_COLUMNS, *(_safe(f"answer.{key}") for key in export.keys), "other_answers"]])
    after, most = 0, backend.settings.export_batch
    while rows := await backend.database.fetch(_PAGE, {"action": export.action_id, "after": after, "most": most}):
        after = rows[-1]["id"]
        outreach = await _outreach(backend, [row["id"] for row in rows])
        shown = [_shown(row, export, outreach.get(row["id"], [])) for row in rows]
        if export.form == "csv":
            yield _lines([_cells(one, export.keys) for one in shown])
        else:
            yield b"".join(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in shown)


async def _outreach(backend: Backend, ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    """To whom each of them turned, in order."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in await backend.database.fetch(_REACHED, {"ids": ids}):
        said = {"official": row["key"], "channel": row["channel"], "action_date": to_text(from_driver(row["at"]))}
        found.setdefault(row["participation_id"], []).append(said)
    return found


def _shown(row: Record, export: Export, outreach: list[dict[str, Any]]) -> dict[str, Any]:
    answers: dict[str, Any] = orjson.loads(row["answers"])
    personal = _personal(export.seal, row["sealed"]) if export.seal is not None and row["sealed"] is not None else {}
    return {
        "identifiers": [_identifier(row["id"])],
        "receipt": row["receipt"],
        "status": row["status"],
        "action_date": to_text(from_driver(row["at"])),
        "person": {"identifiers": [_identifier(row["user_id"])] if row["user_id"] is not None else []},
        "display_name": row["display_name"],
        "region": row["region"],
        "comments": row["public_note"],
        "amount": row["amount"],
        "shift": row["shift"],
        "story": row["story"],
        "review": row["review"],
        "outreach": outreach,
        "referrer_data": {
            "source": row["referral"],
            "url": row["referral_url"],
            "referrer": _identifier(row["referrer_id"]),
            "app": _identifier(row["app_id"]),
        },
        "consent_version": row["consent_version"],
        "net": row["net_print"],
        "custom_fields": {**answers, **personal},
    }


def _identifier(row_id: int | None) -> str | None:
    return f"hub:{row_id}" if row_id is not None else None


def _personal(seal: Seal, sealed: str) -> dict[str, Any]:
    """Marked where no key of the settings opens them, so that nobody takes them for unanswered."""
    found = opened(seal, sealed)
    return found if found is not None else {"hub:unreadable": True}


def _cells(shown: dict[str, Any], keys: Sequence[str]) -> list[Any]:
    answers: dict[str, Any] = shown["custom_fields"]
    other = {key: value for key, value in answers.items() if key not in keys}
    plain = ("display_name", "region", "comments")
    return [
        *(shown["identifiers"][0], shown["receipt"], shown["status"], shown["action_date"]),
        *(shown["person"]["identifiers"] or [""]),
        *(_safe(shown[name]) for name in plain),
        *(_safe(shown[name]) for name in ("amount", "shift", "story", "review")),
        _safe([f"{one['official']}:{one['channel']}" for one in shown["outreach"]]),
        *(_safe(shown["referrer_data"][name]) for name in ("source", "url", "referrer", "app")),
        *(shown["consent_version"], shown["net"] or ""),
        *(_safe(answers.get(key)) for key in keys),
        orjson.dumps(other).decode() if other else "",
    ]


def _safe(value: Any) -> Any:
    """No cell that a spreadsheet takes for a formula."""
    match value:
        case None:
            return ""
        case list():
            return _safe("; ".join(map(str, value)))  # pyright: ignore[reportUnknownArgumentType] - of a form's choices
        case str() if value.startswith(_RISKY):
            return f"'{value}"
        case _:
            return value


def _lines(rows: list[list[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
