"""Officials to whom an action has people turn, and the record of who did."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from hub.actions.addressing import addressed
from hub.actions.loaders import official_by_id, officials_of_action, outreach_of_participation
from hub.graph.actions.kinds import OutreachChannel
from hub.graph.fields import column, computed, leading, one, part
from hub.graph.paging import filters
from hub.graph.scalars import URL

_FILLED = ("name", "office", "region", "viewer_name")


@strawberry.type(
    description="A letter as its action has it, with the placeholders `{official}`, `{office}`, `{region}`, `{name}`."
)
class LetterTemplate:
    subject: str = column("letter_subject", description="At most 200 characters.")
    body: str = column("letter_body", description="Plain text, at most 5,000 characters.")


@strawberry.type(
    description="A letter to one official, with the placeholders filled in. `{name}` is the viewer's; it stays where"
    " nobody is signed in."
)
class Letter:
    subject: str = computed(addressed, "letter_subject", *_FILLED, description="Its subject, one line.")
    body: str = computed(addressed, "letter_body", *_FILLED, description="Plain text.")


@strawberry.type(description="Somebody in office to whom people are asked to turn.")
class Official:
    key: str = column(description="Its name among the officials: hand it to `participate` and `recordOutreach`.")
    name: str = column(description="Who it is, at most 200 characters.")
    office: str | None = column(description="What they do, at most 200 characters.")
    region: str | None = column(description="State or region whose people turn to them; null: everybody.")
    email: str | None = column(description="Their address of mail.")
    phone: str | None = column(description="Their number.")
    contact_url: URL | None = column("contact_url", description="A page by which to reach them.")
    letter: Letter | None = part(when="letter_body", description="What to write; null where the action has no letter.")
    contacts: int | None = column(
        "shown_contacts",
        cost=10,
        description="How often people who take part turned to them, counted as it is asked, up to 10,000; null for all"
        " but the policy team and admins.",
    )


@strawberry.type(description="That somebody turned to an official.")
class Outreach:
    official: Official | None = one(official_by_id, "official_id", description="To whom.")
    channel: OutreachChannel = column("channel", description="In which way.")
    at: datetime = column("at", description="When it was recorded.")


_First = Annotated[int | None, strawberry.argument(description="How many, 1 to 100 (`HUB_PAGE_SIZE`); null takes 20.")]


def _of_region(
    first: _First = 100,
    region: Annotated[
        str | None, strawberry.argument(description="Only those of this region and those of everybody.")
    ] = None,
) -> Any: ...


def _outreach(first: _First = 20) -> Any: ...


def _pick(arguments: Any) -> Any:
    return officials_of_action, filters(region=arguments.get("region"))


def officials() -> Any:
    return leading(
        _pick,
        "id",
        arguments=_of_region,
        loaders=[officials_of_action],
        description="Whom to turn to, in the order of the policy team; at most 100 in all.",
    )


def outreach() -> Any:
    return leading(
        outreach_of_participation,
        "id",
        arguments=_outreach,
        description="To which officials the person turned, the latest first; empty for all but the person and the"
        " policy team.",
    )
