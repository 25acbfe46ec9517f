"""The answers to an action's form, judged by its fields and parted into plain ones and personal ones."""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any

from hub.refusals import ErrorCode, Refusal
from hub.users.rules import ensure_email

_SHORT, _LONG, _CHOICES = 500, 5_000, 50
_PHONE = re.compile(r"\+?[0-9 ()/.-]{5,30}")
_POSTCODE = re.compile(r"[A-Za-z0-9 -]{3,12}")


def _text(value: Any, most: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= most and "\0" not in value


def _is_email(value: Any) -> bool:
    if not _text(value, _SHORT):
        return False
    with suppress(Refusal):
        return bool(ensure_email(value))
    return False


def _is_date(value: Any) -> bool:
    if not _text(value, _SHORT):
        return False
    with suppress(ValueError):
        return date.fromisoformat(value).isoformat() == value
    return False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 10**12


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return _text(value, _SHORT) and pattern.fullmatch(value) is not None


def _are_choices(value: Any, choices: Sequence[str]) -> bool:
    return isinstance(value, list) and len(set(map(str, value))) == len(value) and all(one in choices for one in value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - what a client sent


_FITS: dict[str, Callable[[Any, Sequence[str]], bool]] = {
    "TEXT": lambda value, _: _text(value, _SHORT),
    "LONG_TEXT": lambda value, _: _text(value, _LONG),
    "EMAIL": lambda value, _: _is_email(value),
    "PHONE": lambda value, _: _matches(_PHONE, value),
    "POSTCODE": lambda value, _: _matches(_POSTCODE, value),
    "CHOICE": lambda value, choices: isinstance(value, str) and value in choices,
    "MULTI_CHOICE": _are_choices,
    "CHECKBOX": lambda value, _: isinstance(value, bool),
    "DATE": lambda value, _: _is_date(value),
    "NUMBER": lambda value, _: _is_number(value),
}
TYPES = frozenset(_FITS)


def fits(kind: str, value: Any) -> bool:
    """Whether a value is one of this type, of those without choices."""
    return _FITS[kind](value, ())


def ensure_plain(given: Any) -> None:
    """Answers are an object of texts, numbers, truth values and lists of texts, whatever the form asks."""
    values: list[Any] = list(given.values()) if isinstance(given, dict) else [{}]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - what a client sent
    if given is not None and not all(map(_is_plain, values)):
        raise Refusal(
            ErrorCode.INVALID, "Answers are an object of field keys and plain values: give nothing else.", "answers"
        )


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(one, str) for one in value)  # pyright: ignore[reportUnknownVariableType] - what a client sent
    return value is None or isinstance(value, str | bool) or _is_number(value)


def parted(fields: Sequence[Mapping[str, Any]], given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The plain answers and the personal ones. No refusal repeats an answer."""
    answers: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    known = {field["key"]: field for field in fields}
    if not answers.keys() <= known.keys():
        raise Refusal(ErrorCode.INVALID, "The form has no such field: give those of `form` only.", "answers")
    for key, field in known.items():
        if key not in answers:
            if field["required"]:
                raise Refusal(ErrorCode.REQUIRED, "This must be answered: give an answer.", "answers", key)
        elif not _FITS[field["type"]](answers[key], field["choices"]):
            raise Refusal(
                ErrorCode.INVALID,
                "This answer does not fit its field: look at its type and its choices.",
                "answers",
                key,
            )
        elif field["type"] == "CHECKBOX" and field["required"] and not answers[key]:
            raise Refusal(ErrorCode.REQUIRED, "This must be agreed to: answer with true.", "answers", key)
    personal = {key for key, field in known.items() if field["personal"]}
    return (
        {key: value for key, value in answers.items() if key not in personal},
        {key: value for key, value in answers.items() if key in personal},
    )
