from functools import partial
from typing import Any

from hub.actions.commands.asking import Asked, values_of
from hub.actions.commands.shifts import ensure_nobody_left_out
from hub.actions.loaders import action_of_post, shifts_of_action
from hub.actions.rules import ENDED, ensure_may_ask, ensure_version
from hub.audit.recording import ENTRIES, RECORD, entry
from hub.live.backend import Backend
from hub.live.log import OPEN, new_epoch
from hub.posts.loaders import post_by_id
from hub.refusals import ErrorCode, Refusal, ThrottleRefusal
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.database import Transaction, UniqueViolation
from hub.store.ids import new_id
from hub.store.loaders import Page
from hub.store.reader import Reader
from hub.store.sql import Kind
from hub.store.tables import Row

_TRIES, _MOST = 5, 100

_MARKS: dict[str, Kind] = {"mark_id": "id", "at": "int", "label": "text"}
_QUESTIONS: dict[str, Kind] = {
    "field_id": "id",
    "position": "int",
    "key": "text",
    "label": "text",
    "type": "text",
    "required": "bool",
    "choices": "json",
    "personal": "bool",
    "help_text": "text",
}
_SHIFTS: dict[str, Kind] = {
    "shift_id": "id",
    "key": "text",
    "title": "text",
    "starts_at": "instant",
    "ends_at": "instant",
    "places": "int",
}
_OFFICIALS: dict[str, Kind] = {
    "official_id": "id",
    "position": "int",
    "key": "text",
    "name": "text",
    "office": "text",
    "region": "text",
    "email": "text",
    "phone": "text",
    "contact_url": "text",
}
_COLUMNS: dict[str, Kind] = {
    "kind": "text",
    "opens_at": "instant",
    "closes_at": "instant",
    "delivered_at": "instant",
    "paused": "bool",
    "verification": "text",
    "allow_anonymous": "bool",
    "goal": "int",
    "pledge_unit": "text",
    "pledge_currency": "text",
    "pledge_goal": "int",
    "field_count": "int",
    "shift_count": "int",
    "official_count": "int",
    "letter_subject": "text",
    "letter_body": "text",
    "consent_text": "text",
    "external_url": "text",
    "bill_jurisdiction": "text",
    "bill_number": "text",
    "bill_title": "text",
    "bill_url": "text",
    "bill_status": "text",
    "target_name": "text",
    "target_office": "text",
    "target_url": "text",
}
_VALUES = ", ".join(f"{{as_{kind} {name}}}" for name, kind in _COLUMNS.items())
_SETS = ", ".join(f"{name} = {{as_{kind} {name}}}" for name, kind in _COLUMNS.items())
_PARTS = (
    Step(
        "worded",
        """insert into action_consents (id, action_id, version, text, at)
           select {as_id consent_id}, taken.id, taken.consent_version, {as_text consent_text}, {now} from taken
           where true on conflict (action_id, version) do nothing returning id""",
    ),
    Step(
        "dropped_fields",
        "delete from action_fields where action_id in (select id from taken) and position > {as_int field_count}"
        " returning id",
    ),
    Step(
        "asked",
        """insert into action_fields (id, action_id, position, key, label, type, required, choices, personal, help_text)
           select q.field_id, taken.id, q.position, q.key, q.label, q.type, q.required, q.choices, q.personal,
               q.help_text
           from taken cross join questions q where true
           on conflict (action_id, position) do update set key = excluded.key, label = excluded.label,
               type = excluded.type, required = excluded.required, choices = excluded.choices,
               personal = excluded.personal, help_text = excluded.help_text
           returning id""",
    ),
    Step(
        "dropped_marks",
        "delete from action_milestones where action_id in (select id from taken) and at not in (select at from marks)"
        " returning id",
    ),
    Step(
        "marked",
        """insert into action_milestones (id, action_id, at, label)
           select marks.mark_id, taken.id, marks.at, marks.label from taken cross join marks where true
           on conflict (action_id, at) do update set label = excluded.label
           returning id""",
    ),
    Step(
        "dropped_shifts",
        "delete from action_shifts where action_id in (select id from taken) and booked = 0"
        " and key not in (select key from shifts) returning id",
    ),
    Step(
        "planned",
        """insert into action_shifts (id, action_id, key, title, starts_at, ends_at, places)
           select shifts.shift_id, taken.id, shifts.key, shifts.title, shifts.starts_at, shifts.ends_at, shifts.places
           from taken cross join shifts where true
           on conflict (action_id, key) do update set title = excluded.title, starts_at = excluded.starts_at,
               ends_at = excluded.ends_at, places = excluded.places
           returning id""",
    ),
    Step(
        "dropped_officials",
        "delete from action_officials where action_id in (select id from taken)"
        " and key not in (select key from officials) returning id",
    ),
    Step(
        "listed",
        """insert into action_officials (id, action_id, position, key, name, office, region, email, phone, contact_url)
           select o.official_id, taken.id, o.position, o.key, o.name, o.office, o.region, o.email, o.phone,
               o.contact_url
           from taken cross join officials o where true
           on conflict (action_id, key) do update set position = excluded.position, name = excluded.name,
               office = excluded.office, region = excluded.region, email = excluded.email, phone = excluded.phone,
               contact_url = excluded.contact_url
           returning id""",
    ),
    RECORD,
)
_RECORDS = {"officials": _OFFICIALS, "shifts": _SHIFTS, "questions": _QUESTIONS, "marks": _MARKS, "entries": ENTRIES}
_CREATE = Chain(
    (
        Step(
            "taken",
            f"""insert into actions (id, post_id, created_at, {", ".join(_COLUMNS)})
                values ({{as_id id}}, {{as_id post}}, {{now}}, {_VALUES})
                returning id, consent_version""",
        ),
        OPEN,
        Step("tallied", "insert into action_tallies (id, as_of) select id, {now} from taken returning id"),
        *_PARTS,
    ),
    answer="taken",
    records=_RECORDS,
)
_CHANGE = Chain(
    (
        Step(
            "taken",
            f"""update actions set version = version + 1, {_SETS}, consent_version = consent_version
                    + case when consent_text = {{as_text consent_text}} then 0 else 1 end
                where id = {{as_id id}} and version = {{as_int version}}
                returning id, consent_version""",
        ),
        # Who ended may have begun anew: that is looked at only now and then otherwise.
        Step(
            "stirred",
            f"""update action_tallies set told_state = '' where id in (select id from taken)
                    and told_state in {ENDED} returning id""",
        ),
        *_PARTS,
    ),
    answer="taken",
    records=_RECORDS,
)


# A sum of two units would mean nothing.
_PROMISED = "select id from participations where action_id = {as_id id} and amount is not null limit 1"
_LEFT_OUT = """select o.id from action_officials o where o.action_id = {as_id id} and not (o.key {in_text kept})
    and exists (select 1 from action_outreach r where r.official_id = o.id) limit 1"""


async def save_action(
    backend: Backend,
    viewer: Viewer,
    *,
    post_id: int,
    asked: Asked,
    reason: str | None = None,
    expected_version: int | None = None,
) -> int:
    """Give a post its action, or change the one it has; a milestone that stays keeps when it was reached. Gives the
    action's id."""
    ensure_may_ask(viewer)
    values = values_of(asked)
    for _ in range(_TRIES):
        reader = Reader(backend.database, viewer)
        if await reader.one(post_by_id, post_id) is None:
            raise Refusal(ErrorCode.NOT_FOUND, "There is no such post, or you may not see it: check the id.", "postId")
        found = await reader.one(action_of_post, post_id)
        if found is not None:
            ensure_version(found, expected_version)
            ensure_nobody_left_out((await reader.many(shifts_of_action, found["id"], Page(_MOST))).rows, values)
        try:
            if await _written(backend, viewer, post_id, found, values, reason):
                return found["id"] if found else values["id"]
        except UniqueViolation:  # another made one meanwhile
            continue
    raise ThrottleRefusal(
        ErrorCode.OVERLOADED, "Too many change this right now: try again in a moment.", retry_after_ms=1_000
    )


async def _written(
    backend: Backend, viewer: Viewer, post_id: int, found: Row | None, values: dict[str, Any], reason: str | None
) -> bool:
    shown = (
        "kind",
        "paused",
        "delivered_at",
        "verification",
        "allow_anonymous",
        "goal",
        "pledge_goal",
        "external_url",
        "field_count",
    )
    facts = entry(
        viewer,
        "action.changed" if found else "action.created",
        ("Post", post_id),
        before={name: found[name] for name in shown} if found else None,
        after={name: values[name] for name in shown},
        reason=reason,
    )
    given = {**values, "post": post_id, "entries": facts, "consent_id": new_id(), "epoch": new_epoch()}
    if found is None:
        return bool(await _CREATE.run(backend.database, given))
    given |= {"id": found["id"], "version": found["version"]}
    same_unit = all(found[name] == values[name] for name in ("pledge_unit", "pledge_currency"))
    if same_unit and not found["official_count"]:
        return bool(await _CHANGE.run(backend.database, given))
    return await backend.database.transact(partial(_written_alone, given, same_unit))


async def _written_alone(given: dict[str, Any], same_unit: bool, transaction: Transaction) -> bool:
    """Nobody takes part meanwhile, since whoever does shares the row that is held here."""
    await transaction.fetch("select id from actions where id = {as_id id} {for_update}", {"id": given["id"]})
    # Statements of their own, since they must see what was said before the row was free.
    if not same_unit and await transaction.fetch(_PROMISED, {"id": given["id"]}):
        raise Refusal(ErrorCode.INVALID, "People have promised already, in another unit: keep that one.", "pledge")
    kept = [official["key"] for official in given["officials"]]
    if await transaction.fetch(_LEFT_OUT, {"id": given["id"], "kept": kept}):
        raise Refusal(ErrorCode.INVALID, "Somebody turned to an official who is left out: keep that one.", "officials")
    return bool(await _CHANGE.run_in(transaction, given))
