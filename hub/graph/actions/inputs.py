"""What the mutations of actions take."""

from datetime import datetime

import strawberry

from hub.graph.actions.kinds import ActionKind, FieldType, OutreachChannel, PledgeUnit, VerificationLevel
from hub.graph.payloads import audited_reason, idempotency_key, mutation_id
from hub.graph.scalars import JSON, URL, Markdown

_ADDRESS = "An `https` address, at most 500 characters."


@strawberry.input(description="A number of people at which there is something to celebrate.")
class MilestoneInput:
    at: int = strawberry.field(description="So many, 1 to 1,000,000,000.")
    label: str = strawberry.field(description="What to say then, 1 to 200 characters.")


@strawberry.input(description="A question of an action's form.")
class FormFieldInput:
    key: str = strawberry.field(description="Its name among the `answers`, 1 to 40 characters.")
    label: str = strawberry.field(description="The question, 1 to 200 characters.")
    type: FieldType = strawberry.field(description="What it takes.")
    required: bool = strawberry.field(default=False, description="Whether it must be answered.")
    choices: list[str] | None = strawberry.field(
        default=None, description="For CHOICE and MULTI_CHOICE only: at most 50, each 1 to 200 characters."
    )
    personal: bool = strawberry.field(
        default=False, description="Whether the answer is personal: it is stored sealed and shown nowhere."
    )
    help_text: str | None = strawberry.field(default=None, description="A word of help, at most 500 characters.")


@strawberry.input(description="A bill before a parliament.")
class BillInput:
    jurisdiction: str = strawberry.field(description="Whose law it would be, 1 to 60 characters.")
    number: str = strawberry.field(description="Its number there, 1 to 60 characters.")
    title: str | None = strawberry.field(default=None, description="At most 300 characters.")
    url: URL | None = strawberry.field(default=None, description=_ADDRESS)
    status: str | None = strawberry.field(default=None, description="Where it stands, at most 120 characters.")


@strawberry.input(description="A time at which volunteers help.")
class ShiftInput:
    key: str = strawberry.field(description="Its name among the shifts, which stays; 1 to 40 characters.")
    title: str = strawberry.field(description="What is done then, 1 to 200 characters.")
    starts_at: datetime = strawberry.field(description="When it begins.")
    ends_at: datetime = strawberry.field(description="When it ends, after it begins.")
    places: int = strawberry.field(description="How many may come, 1 to 10,000.")


@strawberry.input(description="What people promise.")
class PledgeInput:
    unit: PledgeUnit = strawberry.field(description="Money or hours.")
    currency: str | None = strawberry.field(
        default=None, description="Of money, and of nothing else: ISO 4217, e.g. `USD`."
    )
    goal: int | None = strawberry.field(default=None, description="The sum hoped for, 1 to 1,000,000,000.")


@strawberry.input(description="Whom people are asked to turn to.")
class ActionTargetInput:
    name: str = strawberry.field(description="Who it is, 1 to 200 characters.")
    office: str | None = strawberry.field(default=None, description="What they do, at most 200 characters.")
    contact_url: URL | None = strawberry.field(default=None, description=_ADDRESS)


@strawberry.input(description="Somebody in office to whom people turn. At least one way to reach them is needed.")
class OfficialInput:
    key: str = strawberry.field(description="Its name among the officials, which stays; 1 to 40 characters.")
    name: str = strawberry.field(description="Who it is, 1 to 200 characters.")
    office: str | None = strawberry.field(default=None, description="What they do, at most 200 characters.")
    region: str | None = strawberry.field(
        default=None, description="State or region whose people turn to them, at most 60 characters; null: everybody."
    )
    email: str | None = strawberry.field(default=None, description="Their address of mail, shown to everybody.")
    phone: str | None = strawberry.field(default=None, description="Their number, 5 to 30 signs, shown to everybody.")
    contact_url: URL | None = strawberry.field(default=None, description=_ADDRESS)


@strawberry.input(
    description="A letter to officials. `{official}`, `{office}` and `{region}` stand for theirs, `{name}` for who"
    " writes; other placeholders are refused."
)
class LetterInput:
    subject: str = strawberry.field(description="1 to 200 characters.")
    body: str = strawberry.field(description="Plain text, 1 to 5,000 characters.")


@strawberry.input(description="That one turned to an official.")
class OutreachInput:
    official: str = strawberry.field(description="The official's `key`.")
    channel: OutreachChannel = strawberry.field(description="In which way.")


@strawberry.input(description="To whom one turned besides.")
class RecordOutreachInput:
    participation_id: strawberry.ID = strawberry.field(description="The viewer's own participation.")
    outreach: list[OutreachInput] = strawberry.field(description="1 to 20; what is there already stays as it is.")
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="What a post asks people to do. A change says all of it: what is left out is taken away.")
class SaveActionInput:
    post_id: strawberry.ID = strawberry.field(description="The post; it has one action at most.")
    kind: ActionKind = strawberry.field(description="What it asks for.")
    opens_at: datetime | None = strawberry.field(default=None, description="When it begins; null: with its post.")
    closes_at: datetime | None = strawberry.field(
        default=None, description="When it ends, after it begins; null: with its post."
    )
    delivered_at: datetime | None = strawberry.field(
        default=None, description="When what people asked for was handed over; from then on it takes nobody."
    )
    paused: bool = strawberry.field(default=False, description="Whether it takes nobody for now.")
    verification: VerificationLevel = strawberry.field(description="Who may take part.")
    allow_anonymous: bool = strawberry.field(
        default=False, description="Whether people without an account may take part; for NONE and EMAIL only."
    )
    goal: int | None = strawberry.field(default=None, description="People hoped for, 1 to 1,000,000,000.")
    milestones: list[MilestoneInput] | None = strawberry.field(
        default=None, description="At most 20, each at another number; one that stays keeps when it was reached."
    )
    fields: list[FormFieldInput] | None = strawberry.field(
        default=None, description="The form, in order: at most 40, each with a key of its own."
    )
    consent_text: str = strawberry.field(
        description="What one agrees to, 1 to 5,000 characters. Another wording is a new version; the old one is kept."
    )
    external_url: URL | None = strawberry.field(
        default=None, description="Where it goes on; needed for DONATE_ELSEWHERE. An `https` address."
    )
    target: ActionTargetInput | None = strawberry.field(
        default=None, description="Whom to turn to; needed for CONTACT_OFFICIAL without `officials`."
    )
    officials: list[OfficialInput] | None = strawberry.field(
        default=None,
        description="For CONTACT_OFFICIAL: at most 100, in order. One to whom somebody turned stays.",
    )
    letter: LetterInput | None = strawberry.field(default=None, description="What to write to `officials`.")
    shifts: list[ShiftInput] | None = strawberry.field(
        default=None,
        description="For VOLUNTEER, without `allowAnonymous`: at most 50. One to which somebody comes stays; with fewer"
        " places than were taken it is full.",
    )
    pledge: PledgeInput | None = strawberry.field(
        default=None, description="What is promised; for PLEDGE, and no other kind."
    )
    bill: BillInput | None = strawberry.field(default=None, description="For SUPPORT_BILL, and no other kind.")
    reason: str | None = audited_reason()
    expected_version: int | None = strawberry.field(
        default=None, description="The version that you changed; null overwrites whatever is there."
    )
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="Whose part ends.")
class WithdrawByReceiptInput:
    receipt: str = strawberry.field(description="The number that was given for taking part, in any case.")
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="What a person says when taking part.")
class ParticipateInput:
    action_id: strawberry.ID = strawberry.field(description="The action.")
    display_name: str | None = strawberry.field(
        default=None, description="A name to show to everybody, at most 100 characters; null shows none."
    )
    public_note: str | None = strawberry.field(
        default=None, description="A word to show to everybody, at most 500 characters."
    )
    region: str | None = strawberry.field(default=None, description="State or region, at most 60 characters.")
    amount: int | None = strawberry.field(
        default=None, description="For PLEDGE, and no other kind: how much, in its unit, 1 to 1,000,000."
    )
    shift: str | None = strawberry.field(
        default=None,
        description="The key of the shift, where the action has `shifts`; CAPACITY_REACHED when it is full.",
    )
    outreach: list[OutreachInput] | None = strawberry.field(
        default=None, description="To whom one turned: 1 to 20 where the action has `officials`, else none."
    )
    story: Markdown | None = strawberry.field(
        default=None,
        description="For SHARE_STORY, and no other kind: 1 to 10,000 characters. Others see it once it is approved.",
    )
    answers: JSON | None = strawberry.field(
        default=None, description="The form: an object of the fields' keys. Refusals never repeat an answer."
    )
    email: str | None = strawberry.field(
        default=None,
        description="Of who is not signed in: the address to confirm, where `verification` is EMAIL. Else not looked"
        " at, and never stored.",
    )
    consent: bool = strawberry.field(description="Whether the person agrees to `consentText`; must be true.")
    referral_code: str | None = strawberry.field(
        default=None,
        description="Where the person came from, at most 60 characters; `@handle` for the person who sent them.",
    )
    referral_url: URL | None = strawberry.field(
        default=None, description=f"The page on which they take part. {_ADDRESS}"
    )
    idempotency_key: strawberry.ID = idempotency_key()
    client_mutation_id: str | None = mutation_id()
