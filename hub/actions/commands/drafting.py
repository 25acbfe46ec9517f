"""What a person says when taking part, made into a row that is ready to be written."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.actions.commands.outreach import Reached, reaching
from hub.actions.commands.shifts import shift_of
from hub.actions.commands.stories import story_of
from hub.actions.forms import parted
from hub.actions.persons import Person
from hub.actions.reading import Asking
from hub.refusals import ErrorCode, FieldRefusal, Refusal
from hub.settings import Settings
from hub.store import idempotency
from hub.store.ids import new_id
from hub.store.sealing import Seal
from hub.store.sql import Kind, to_json
from hub.text.addresses import ensure_web_address
from hub.text.plain import ensure_line
from hub.users.handles import handle_key

PERSONAL = "participation"
"""What personal answers are sealed for."""
PLEDGE_MOST = 1_000_000
_NAME, _NOTE, _SHORT, _URL = 100, 500, 60, 500

ITEMS: dict[str, Kind] = {
    "id": "id",
    "version": "int",
    "user_id": "id",
    "person": "text",
    "mail_print": "text",
    "domain_print": "text",
    "net_print": "text",
    "status": "text",
    "display_name": "text",
    "public_note": "text",
    "region": "text",
    "receipt": "text",
    "referral": "text",
    "referral_url": "text",
    "referrer": "text",
    "app_id": "id",
    "amount": "int",
    "shift_id": "id",
    "answers": "json",
    "sealed": "text",
    "story_source": "text",
    "story_html": "text",
    "story_excerpt": "text",
    "review": "text",
}


@dataclass(frozen=True, kw_only=True)
class Part:
    """What a person says when taking part; `referral` and `referral_url` are where they came from. As `@handle` the
    former names who sent them."""

    consent: bool
    display_name: str | None = None
    public_note: str | None = None
    region: str | None = None
    referral: str | None = None
    referral_url: str | None = None
    amount: int | None = None
    shift: str | None = None
    story: str | None = None
    outreach: Sequence[Reached] | None = None
    answers: Mapping[str, Any] | None = None

    @property
    def said(self) -> str:
        """All of it, for the digest of an idempotency key."""
        where_from = (self.referral, self.referral_url)
        return to_json(
            [
                self.display_name,
                self.public_note,
                self.region,
                *where_from,
                self.amount,
                self.shift,
                self.story,
                [(one.official, one.channel) for one in self.outreach or ()],
                self.answers,
                self.consent,
            ]
        )


@dataclass(frozen=True)
class Key:
    """An idempotency key, under whose it is, with the digest of what came along."""

    scope: str
    key: str
    digest: str


@dataclass(frozen=True)
class Draft:
    post_id: int
    item: dict[str, Any]
    key: dict[str, Any]
    reaching: list[dict[str, Any]]


async def drafted(settings: Settings, asked: Asking, part: Part, person: Person, key: Key) -> Draft:
    if not part.consent:
        raise Refusal(ErrorCode.REQUIRED, "Agree to the action's consent text first.", "consent")
    plain, personal = parted(asked.form, part.answers or {})
    shift = shift_of(asked, part.shift)
    story = await story_of(asked.action, part.story)
    participation_id, referral = new_id(), _line(part.referral, "referralCode", _SHORT)
    item = {
        "id": participation_id,
        "version": asked.action["version"],
        "user_id": person.user_id,
        "person": person.name,
        "mail_print": person.mail_print,
        "domain_print": person.domain_print,
        "net_print": person.net_print,
        "status": person.status,
        "display_name": _line(part.display_name, "displayName", _NAME),
        "public_note": _line(part.public_note, "publicNote", _NOTE),
        "region": _line(part.region, "region", _SHORT),
        "receipt": _receipt(),
        "referral": referral,
        "referral_url": ensure_web_address(part.referral_url, "referralUrl", most=_URL) if part.referral_url else None,
        "referrer": handle_key(referral[1:]) if referral and referral.startswith("@") else None,
        "app_id": person.app_id,
        "amount": _amount(asked.action, part.amount),
        "shift_id": shift["id"] if shift else None,
        "answers": plain,
        "sealed": Seal(settings, PERSONAL).close(personal) if personal else None,
        "story_source": story.source if story else None,
        "story_html": story.html if story else None,
        "story_excerpt": story.excerpt if story else None,
        "review": "PENDING" if story else None,
    }
    return Draft(
        asked.action["post_id"],
        item,
        idempotency.record(key.scope, key.key, key.digest, participation_id),
        reaching(asked, part.outreach, participation_id),
    )


def _amount(action: Mapping[str, Any], amount: int | None) -> int | None:
    if action["pledge_unit"] is None:
        if amount is not None:
            raise Refusal(ErrorCode.INVALID, "Nothing is pledged here: leave the amount out.", "amount")
        return None
    if amount is None:
        raise Refusal(ErrorCode.REQUIRED, "Say how much you pledge.", "amount")
    if not 0 < amount <= PLEDGE_MOST:
        raise FieldRefusal(ErrorCode.INVALID, f"Give 1 to {PLEDGE_MOST}.", "amount", least=1, most=PLEDGE_MOST)
    return amount


def _line(value: str | None, path: str, most: int) -> str | None:
    return ensure_line(value, path, least=1, most=most) if value else None


def _receipt() -> str:
    """80 bits of chance: nobody guesses another's."""
    text = secrets.token_hex(10).upper()
    return "-".join(text[start : start + 5] for start in range(0, len(text), 5))
