from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.actions.forms import TYPES
from hub.actions.loaders import action_of_post
from hub.actions.rules import ensure_may_ask, ensure_version
from hub.audit.recording import ENTRIES, RECORD, entry
from hub.live.backend import Backend
from hub.live.log import OPEN, new_epoch
from hub.posts.loaders import post_by_id
from hub.refusals import ErrorCode, FieldRefusal, Refusal, ThrottleRefusal
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.database import UniqueViolation
from hub.store.ids import new_id
from hub.store.reader import Reader
from hub.store.sql import Kind
from hub.store.tables import Row
from hub.text.addresses import ensure_web_address
from hub.text.plain import ensure_line, ensure_text

_TRIES = 5
_OF_ANYBODY = {"NONE", "EMAIL"}
_MILESTONES, _FIELDS, _CHOICES = 20, 40, 50
_CONSENT, _URL, _MOST = 5_000, 500, 1_000_000_000

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
_COLUMNS: dict[str, Kind] = {
    "kind": "text",
    "opens_at": "instant",
    "closes_at": "instant",
    "paused": "bool",
    "verification": "text",
    "allow_anonymous": "bool",
    "goal": "int",
    "field_count": "int",
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
        """delete from action_milestones where action_id in (select id from taken) and reached_at is null
               and at not in (select at from marks) returning id""",
    ),
    Step(
        "marked",
        """insert into action_milestones (id, action_id, at, label)
           select marks.mark_id, taken.id, marks.at, marks.label from taken cross join marks where true
           on conflict (action_id, at) do update set label = excluded.label
           returning id""",
    ),
    RECORD,
)
_RECORDS = {"questions": _QUESTIONS, "marks": _MARKS, "entries": ENTRIES}
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
        *_PARTS,
    ),
    answer="taken",
    records=_RECORDS,
)


@dataclass(frozen=True)
class Question:
    key: str
    label: str
    type: str
    required: bool
    personal: bool
    choices: Sequence[str] = ()
    help_text: str | None = None


@dataclass(frozen=True)
class Bill:
    jurisdiction: str
    number: str
    title: str | None = None
    url: str | None = None
    status: str | None = None


@dataclass(frozen=True)
class Target:
    """Whom people are asked to turn to."""

    name: str
    office: str | None = None
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the policy team asks people to do."""

    kind: str
    verification: str
    consent_text: str
    allow_anonymous: bool = False
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    paused: bool = False
    goal: int | None = None
    external_url: str | None = None
    bill: Bill | None = None
    target: Target | None = None
    milestones: Sequence[tuple[int, str]] = ()
    questions: Sequence[Question] = field(default=())


async def save_action(
    backend: Backend,
    viewer: Viewer,
    *,
    post_id: int,
    asked: Asked,
    reason: str | None = None,
    expected_version: int | None = None,
) -> int:
    """Give a post its action, or change the one it has; milestones that were reached stay. Gives the action's id."""
    ensure_may_ask(viewer)
    values = _values(asked)
    for _ in range(_TRIES):
        reader = Reader(backend.database, viewer)
        if await reader.one(post_by_id, post_id) is None:
            raise Refusal(ErrorCode.NOT_FOUND, "There is no such post.", "postId")
        found = await reader.one(action_of_post, post_id)
        if found is not None:
            ensure_version(found, expected_version)
        try:
            if await _written(backend, viewer, post_id, found, values, reason):
                return found["id"] if found else values["id"]
        except UniqueViolation:  # another made one meanwhile
            continue
    raise ThrottleRefusal(ErrorCode.OVERLOADED, "Too many change this at once.", retry_after_ms=1_000)


async def _written(
    backend: Backend, viewer: Viewer, post_id: int, found: Row | None, values: dict[str, Any], reason: str | None
) -> bool:
    shown = ("kind", "paused", "verification", "allow_anonymous", "goal", "external_url", "field_count")
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
    return bool(await _CHANGE.run(backend.database, {**given, "id": found["id"], "version": found["version"]}))


def _values(asked: Asked) -> dict[str, Any]:
    if asked.opens_at and asked.closes_at and asked.closes_at <= asked.opens_at:
        raise Refusal(ErrorCode.INVALID, "It ends after it begins.", "closesAt")
    if asked.goal is not None and not 0 < asked.goal <= _MOST:
        raise FieldRefusal(ErrorCode.INVALID, "A goal is a number of people.", "goal", least=1, most=_MOST)
    if asked.allow_anonymous and asked.verification not in _OF_ANYBODY:
        raise Refusal(ErrorCode.INVALID, "Whoever has no account confirms an address at most.", "allowAnonymous")
    if (asked.kind == "SUPPORT_BILL") != (asked.bill is not None):
        raise Refusal(ErrorCode.INVALID, "Say which bill is supported, for this kind and no other.", "bill")
    if asked.kind == "DONATE_ELSEWHERE" and asked.external_url is None:
        raise Refusal(ErrorCode.REQUIRED, "Say where to donate.", "externalUrl")
    if asked.kind == "CONTACT_OFFICIAL" and asked.target is None:
        raise Refusal(ErrorCode.REQUIRED, "Say whom to turn to.", "target")
    if asked.kind == "PLEDGE" and not any(one.type == "NUMBER" and one.required for one in asked.questions):
        raise Refusal(ErrorCode.REQUIRED, "Ask how much: a NUMBER field that must be answered.", "fields")
    bill, target = asked.bill, asked.target
    return {
        "id": new_id(),
        "kind": asked.kind,
        "opens_at": asked.opens_at,
        "closes_at": asked.closes_at,
        "paused": asked.paused,
        "verification": asked.verification,
        "allow_anonymous": asked.allow_anonymous,
        "goal": asked.goal,
        "field_count": len(asked.questions),
        "consent_text": ensure_text(asked.consent_text, "consentText", least=1, most=_CONSENT),
        "external_url": _url(asked.external_url, "externalUrl"),
        "bill_jurisdiction": ensure_line(bill.jurisdiction, "bill", least=1, most=60) if bill else None,
        "bill_number": ensure_line(bill.number, "bill", least=1, most=60) if bill else None,
        "bill_title": _line(bill and bill.title, "bill", 300),
        "bill_url": _url(bill and bill.url, "bill"),
        "bill_status": _line(bill and bill.status, "bill", 120),
        "target_name": ensure_line(target.name, "target", least=1, most=200) if target else None,
        "target_office": _line(target and target.office, "target", 200),
        "target_url": _url(target and target.url, "target"),
        "questions": _questions(asked.questions),
        "marks": _marks(asked.milestones),
    }


def _marks(given: Sequence[tuple[int, str]]) -> list[dict[str, Any]]:
    numbers = [at for at, _ in given]
    if len(given) > _MILESTONES or len(set(numbers)) < len(given) or any(not 0 < at <= _MOST for at in numbers):
        message = f"At most {_MILESTONES}, each at another number of people."
        raise FieldRefusal(ErrorCode.INVALID, message, "milestones", most=_MILESTONES)
    return [
        {"mark_id": new_id(), "at": at, "label": ensure_line(label, "milestones", least=1, most=200)}
        for at, label in given
    ]


def _questions(given: Sequence[Question]) -> list[dict[str, Any]]:
    if len(given) > _FIELDS or len({one.key for one in given}) < len(given):
        raise FieldRefusal(ErrorCode.INVALID, f"At most {_FIELDS}, each with a key of its own.", "fields", most=_FIELDS)
    return [_question(position, one) for position, one in enumerate(given, 1)]


def _question(position: int, one: Question) -> dict[str, Any]:
    chooses = one.type in {"CHOICE", "MULTI_CHOICE"}
    if one.type not in TYPES or chooses != bool(one.choices) or len(one.choices) > _CHOICES:
        raise FieldRefusal(ErrorCode.INVALID, "Choices belong to fields that offer a choice.", "fields", most=_CHOICES)
    return {
        "field_id": new_id(),
        "position": position,
        "key": ensure_line(one.key, "fields", least=1, most=40),
        "label": ensure_line(one.label, "fields", least=1, most=200),
        "type": one.type,
        "required": one.required,
        "choices": [ensure_line(choice, "fields", least=1, most=200) for choice in one.choices],
        "personal": one.personal,
        "help_text": _line(one.help_text, "fields", 500),
    }


def _line(text: str | None, path: str, most: int) -> str | None:
    return ensure_line(text, path, least=1, most=most) if text else None


def _url(url: str | None, path: str) -> str | None:
    return ensure_web_address(url, path, most=_URL) if url else None
