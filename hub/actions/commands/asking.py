"""What the policy team asks people to do, judged and made into what is written."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.actions.addressing import ensure_placeholders
from hub.actions.forms import TYPES, fits
from hub.refusals import ErrorCode, FieldRefusal, Refusal
from hub.store.ids import new_id
from hub.text.addresses import ensure_web_address
from hub.text.plain import ensure_line, ensure_text

_OF_ANYBODY = {"NONE", "EMAIL"}
_MILESTONES, _FIELDS, _CHOICES, _SHIFTS, _OFFICIALS = 20, 40, 50, 50, 100
_PLACES = 10_000
_CURRENCY = re.compile(r"[A-Z]{3}")
_CONSENT, _LETTER, _URL, _MOST = 5_000, 5_000, 500, 1_000_000_000


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
class Shift:
    key: str
    title: str
    starts_at: datetime
    ends_at: datetime
    places: int


@dataclass(frozen=True)
class Pledge:
    """What people promise: hours, or money in whole units of a currency; `goal` is hoped for by all of them."""

    unit: str
    currency: str | None = None
    goal: int | None = None


@dataclass(frozen=True)
class Target:
    """Whom people are asked to turn to."""

    name: str
    office: str | None = None
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class Official:
    """One to whom people turn, in one of the ways that are known. Without a region it is everybody's."""

    key: str
    name: str
    office: str | None = None
    region: str | None = None
    email: str | None = None
    phone: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class Letter:
    subject: str
    body: str


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the policy team asks people to do."""

    kind: str
    verification: str
    consent_text: str
    allow_anonymous: bool = False
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    delivered_at: datetime | None = None
    paused: bool = False
    goal: int | None = None
    external_url: str | None = None
    bill: Bill | None = None
    pledge: Pledge | None = None
    target: Target | None = None
    milestones: Sequence[tuple[int, str]] = ()
    questions: Sequence[Question] = ()
    shifts: Sequence[Shift] = ()
    officials: Sequence[Official] = ()
    letter: Letter | None = None


def values_of(asked: Asked) -> dict[str, Any]:
    if asked.opens_at and asked.closes_at and asked.closes_at <= asked.opens_at:
        raise Refusal(ErrorCode.INVALID, "It ends after it begins: give a later end.", "closesAt")
    if asked.goal is not None and not 0 < asked.goal <= _MOST:
        raise FieldRefusal(
            ErrorCode.INVALID, "A goal is a number of people: give 1 or more.", "goal", least=1, most=_MOST
        )
    if asked.allow_anonymous and asked.verification not in _OF_ANYBODY:
        raise Refusal(
            ErrorCode.INVALID,
            "Whoever has no account confirms an address at most: ask for less, or for accounts.",
            "allowAnonymous",
        )
    if (asked.kind == "SUPPORT_BILL") != (asked.bill is not None):
        raise Refusal(ErrorCode.INVALID, "Say which bill is supported, for this kind and no other.", "bill")
    if asked.kind == "DONATE_ELSEWHERE" and asked.external_url is None:
        raise Refusal(ErrorCode.REQUIRED, "Say where to donate.", "externalUrl")
    if asked.kind == "CONTACT_OFFICIAL" and asked.target is None and not asked.officials:
        raise Refusal(ErrorCode.REQUIRED, "Say whom to turn to.", "target")
    bill, target = asked.bill, asked.target
    return {
        "id": new_id(),
        "kind": asked.kind,
        "opens_at": asked.opens_at,
        "closes_at": asked.closes_at,
        "delivered_at": asked.delivered_at,
        "paused": asked.paused,
        "verification": asked.verification,
        "allow_anonymous": asked.allow_anonymous,
        "goal": asked.goal,
        **_pledge(asked),
        "shift_count": len(asked.shifts),
        "official_count": len(asked.officials),
        **_letter(asked),
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
        "shifts": _shifts(asked),
        "officials": _officials(asked),
    }


def _pledge(asked: Asked) -> dict[str, Any]:
    pledge = asked.pledge
    if (asked.kind == "PLEDGE") != (pledge is not None):
        raise Refusal(ErrorCode.INVALID, "Say what is pledged, for this kind and no other.", "pledge")
    if pledge is None:
        return {"pledge_unit": None, "pledge_currency": None, "pledge_goal": None}
    if (pledge.unit == "MONEY") != bool(pledge.currency and _CURRENCY.fullmatch(pledge.currency)):
        raise Refusal(
            ErrorCode.INVALID, "Money has a currency of three letters, hours have none: give it accordingly.", "pledge"
        )
    if pledge.goal is not None and not 0 < pledge.goal <= _MOST:
        raise FieldRefusal(ErrorCode.INVALID, "A goal is a number: give 1 or more.", "pledge", least=1, most=_MOST)
    return {"pledge_unit": pledge.unit, "pledge_currency": pledge.currency, "pledge_goal": pledge.goal}


def _shifts(asked: Asked) -> list[dict[str, Any]]:
    given = asked.shifts
    if given and (asked.kind != "VOLUNTEER" or asked.allow_anonymous):
        raise Refusal(
            ErrorCode.INVALID,
            "Shifts are for volunteers who have an account: leave them out, or ask for accounts.",
            "shifts",
        )
    if len(given) > _SHIFTS or len({one.key for one in given}) < len(given):
        raise FieldRefusal(
            ErrorCode.INVALID, f"Give at most {_SHIFTS}, each with a key of its own.", "shifts", most=_SHIFTS
        )
    if any(one.ends_at <= one.starts_at for one in given):
        raise Refusal(ErrorCode.INVALID, "A shift ends after it begins: give a later end.", "shifts")
    if any(not 0 < one.places <= _PLACES for one in given):
        raise FieldRefusal(ErrorCode.INVALID, f"Give 1 to {_PLACES} places.", "shifts", least=1, most=_PLACES)
    return [
        {
            "shift_id": new_id(),
            "key": ensure_line(one.key, "shifts", least=1, most=40),
            "title": ensure_line(one.title, "shifts", least=1, most=200),
            "starts_at": one.starts_at,
            "ends_at": one.ends_at,
            "places": one.places,
        }
        for one in given
    ]


def _officials(asked: Asked) -> list[dict[str, Any]]:
    given = asked.officials
    if given and asked.kind != "CONTACT_OFFICIAL":
        raise Refusal(
            ErrorCode.INVALID, "Only an action of kind CONTACT_OFFICIAL has officials: leave them out.", "officials"
        )
    if len(given) > _OFFICIALS or len({one.key for one in given}) < len(given):
        message = f"At most {_OFFICIALS}, each with a key of its own."
        raise FieldRefusal(ErrorCode.INVALID, message, "officials", most=_OFFICIALS)
    return [_official(position, one) for position, one in enumerate(given, 1)]


def _official(position: int, one: Official) -> dict[str, Any]:
    if not (one.email or one.phone or one.url):
        raise Refusal(ErrorCode.REQUIRED, "Say how to reach each of them.", "officials")
    if (one.phone and not fits("PHONE", one.phone)) or (one.email and not fits("EMAIL", one.email)):
        raise Refusal(
            ErrorCode.INVALID, "This is no address of mail or no telephone number: write it in full.", "officials"
        )
    return {
        "official_id": new_id(),
        "position": position,
        "key": ensure_line(one.key, "officials", least=1, most=40),
        "name": ensure_line(one.name, "officials", least=1, most=200),
        "office": _line(one.office, "officials", 200),
        "region": _line(one.region, "officials", 60),
        "email": one.email or None,
        "phone": one.phone or None,
        "contact_url": _url(one.url, "officials"),
    }


def _letter(asked: Asked) -> dict[str, Any]:
    letter = asked.letter
    if letter is None:
        return {"letter_subject": None, "letter_body": None}
    if not asked.officials:
        raise Refusal(ErrorCode.INVALID, "A letter goes to officials: say to whom.", "letter")
    return {
        "letter_subject": ensure_placeholders(ensure_line(letter.subject, "letter", least=1, most=200)),
        "letter_body": ensure_placeholders(ensure_text(letter.body, "letter", least=1, most=_LETTER)),
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
        raise FieldRefusal(
            ErrorCode.INVALID, f"Give at most {_FIELDS}, each with a key of its own.", "fields", most=_FIELDS
        )
    return [_question(position, one) for position, one in enumerate(given, 1)]


def _question(position: int, one: Question) -> dict[str, Any]:
    chooses = one.type in {"CHOICE", "MULTI_CHOICE"}
    if one.type not in TYPES or chooses != bool(one.choices) or len(one.choices) > _CHOICES:
        raise FieldRefusal(
            ErrorCode.INVALID,
            "Choices belong to fields that offer a choice: leave them out, or change the type.",
            "fields",
            most=_CHOICES,
        )
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
