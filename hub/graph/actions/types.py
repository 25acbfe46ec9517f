from datetime import datetime
from typing import Annotated, Any

import strawberry

from hub.actions.loaders import (
    action_by_id,
    fields_of_action,
    milestones_of_action,
    participations_of_action,
    public_participations_of_action,
    regions_of_action,
    shift_by_id,
    shifts_of_action,
    viewer_participation_of_action,
)
from hub.actions.rules import ensure_may_ask, ensure_may_take_part
from hub.actions.sending_on import PATH
from hub.graph.abilities import Ability, AbilityState, viewer_can
from hub.graph.actions.kinds import (
    ActionKind,
    ActionState,
    FieldType,
    ParticipationStatus,
    PledgeUnit,
    StoryReview,
    VerificationLevel,
)
from hub.graph.actions.officials import LetterTemplate, Official, Outreach, officials, outreach
from hub.graph.connections import Connection
from hub.graph.directives import ApiScope
from hub.graph.fields import column, computed, connection, global_id, leading, listing, made, one, part
from hub.graph.ids import to_global
from hub.graph.interfaces import Node, Permissioned
from hub.graph.lazy import lazy
from hub.graph.paging import DEFAULT, After, First, filters
from hub.graph.scalars import JSON, URL, LiveCursor
from hub.graph.subjects.types import live_cursor
from hub.graph.values import Body, Count
from hub.partners.loaders import app_by_id
from hub.posts.loaders import post_by_id
from hub.store.formulas import LIVE_CURSOR
from hub.users.loaders import user_by_id

User = Annotated["Any", lazy("hub.graph.users.types", "User")]
Post = Annotated["Any", lazy("hub.graph.posts.types", "Post")]
PartnerApp = Annotated["Any", lazy("hub.graph.partners.types", "PartnerApp")]
_SUM = {"value": "pledged", "precision": "pledge_precision", "as_of": "tally_as_of"}
_TALLY = {"value": "tally_value", "precision": "tally_precision", "as_of": "tally_as_of"}


@strawberry.type(description="A number of people at which there is something to celebrate.")
class Milestone:
    at: int = column(description="So many.")
    label: str = column(description="What to say then, at most 200 characters.")
    reached_at: datetime | None = column(description="When so many were first counted; null while they are fewer.")


@strawberry.type(description="How many of one region take part.")
class RegionTally:
    region: str = column(description="State or region as people gave it, e.g. `TX`.")
    count: int = column("value", description="How many, as of the action's tally.")


@strawberry.type(description="Whom people are asked to turn to.")
class ActionTarget:
    name: str = column("target_name", description="Who it is, at most 200 characters.")
    office: str | None = column("target_office", description="What they do, at most 200 characters.")
    contact_url: URL | None = column("target_url", description="Where to reach them.")


@strawberry.type(description="A bill before a parliament.")
class BillRef:
    jurisdiction: str = column("bill_jurisdiction", description="Whose law it would be, e.g. `Nebraska`.")
    number: str = column("bill_number", description="Its number there, e.g. `LB 501`.")
    title: str | None = column("bill_title", description="What it is called, at most 300 characters.")
    url: URL | None = column("bill_url", description="Where to read it.")
    status: str | None = column("bill_status", description="Where it stands, at most 120 characters.")


@strawberry.type(description="What people promise, and how much it is together.")
class Pledge:
    unit: PledgeUnit = column("pledge_unit", description="Money or hours.")
    currency: str | None = column("pledge_currency", description="ISO 4217, e.g. `USD`; null for hours.")
    goal: int | None = column("pledge_goal", description="The sum hoped for.")
    sum: Count = made(
        _SUM,
        {},
        description="The sum in whole units, counted in the same batches as the action's `tally`; CAPPED above"
        " 2,147,483,647.",
    )


@strawberry.type(description="A time at which volunteers help.")
class Shift:
    key: str = column(description="Its name among the shifts: hand it to `participate`.")
    title: str = column(description="What is done then, at most 200 characters.")
    starts_at: datetime = column("starts_at", description="When it begins.")
    ends_at: datetime = column("ends_at", description="When it ends.")
    places: int = column("places", description="How many may come.")
    places_left: int = column("places_left", description="How many more may come; never more are taken in.")


@strawberry.type(description="A question of an action's form.")
class FormField:
    key: str = column(description="Its name among the `answers`.")
    label: str = column(description="The question, at most 200 characters.")
    type: FieldType = column("type", description="What it takes.")
    required: bool = column(description="Whether it must be answered.")
    choices: list[str] = column(description="What may be chosen, at most 50; empty where nothing is.")
    personal: bool = column(description="Whether the answer is personal: it is stored sealed and shown nowhere.")
    help_text: str | None = column(description="A word of help, at most 500 characters.")


@strawberry.type(description="Where a person came from.")
class Referral:
    source: str | None = column("shown_referral", description="The code that came along, at most 60 characters.")
    referrer: User | None = one(
        user_by_id, "shown_referrer_id", description="Whom the code named as `@handle`, as of then; never oneself."
    )
    app: PartnerApp | None = one(
        app_by_id, "shown_app_id", description="The partner app that took part for the person; null without one."
    )
    url: URL | None = column("shown_referral_url", description="The page on which it was, as the client gave it.")


def _arguments(
    first: First = DEFAULT,
    after: After = None,
    status: Annotated[ParticipationStatus | None, strawberry.argument(description="Only those of this status.")] = None,
    review: Annotated[
        StoryReview | None,
        strawberry.argument(description="Only those who count, with a story about which this was decided."),
    ] = None,
) -> Any: ...


def _tracked(here: str, action_id: int, address: str | None, open_to_all: bool) -> str | None:
    return f"{here}{PATH}{to_global('Action', action_id)}" if address and open_to_all else address


def _recent_arguments(
    first: Annotated[
        int | None, strawberry.argument(description="How many, 1 to 100 (`HUB_PAGE_SIZE`); null takes 20.")
    ] = 10,
) -> Any: ...


def _pick(arguments: Any) -> Any:
    chosen = {name: one.name for name in ("status", "review") if (one := arguments.get(name))}
    return participations_of_action, filters(**chosen)


@strawberry.type(description="What a post asks people to do.")
class Action(Node, Permissioned):
    id: strawberry.ID = global_id("Action")
    post: Post = one(post_by_id, "post_id", description="The post that asks.")
    kind: ActionKind = column("kind", description="What it asks for.")
    state: ActionState = column("state", description="Where it stands.")
    opens_at: datetime | None = column(description="When it begins; null: with its post.")
    closes_at: datetime | None = column("closes_at", description="When it ends; null: with its post.")
    delivered_at: datetime | None = column(description="When what people asked for was handed over; null: not yet.")
    verification: VerificationLevel = column("verification", description="Who may take part.")
    allow_anonymous: bool = column(
        description="Whether people without an account may take part: at once where `verification` is NONE, else by a"
        " link in a mail."
    )
    fields: list[FormField] = listing(fields_of_action, "id", description="Its form, in order; at most 40.")
    consent_text: str = column(description="What one agrees to; each wording is kept, with who agreed to which.")
    target: ActionTarget | None = part(when="target_name", description="Whom to turn to; null where it is nobody.")
    officials: list[Official] = officials()
    letter: LetterTemplate | None = part(
        when="letter_body", description="What to write to officials; each has it filled in as its `letter`."
    )
    bill: BillRef | None = part(when="bill_number", description="The bill to support; null for other kinds.")
    shifts: list[Shift] = listing(
        shifts_of_action, "id", description="Of volunteers: when they help, the earliest first; at most 50."
    )
    pledge: Pledge | None = part(when="pledge_unit", description="What people promise; null for other kinds.")
    external_url: URL | None = computed(
        _tracked,
        *("id", "external_url", "open_to_all"),
        setting="here",
        description="Where it goes on, e.g. to donate: by an address of this hub that counts those whom it sends there."
        " Below posts that not everybody sees it is `externalAddress`.",
    )
    external_address: URL | None = column("external_url", description="The stored address that one is sent to.")
    outbound_clicks: int | None = column(
        "shown_clicks",
        description="How many were sent there, robots left out; null for all but the policy team and admins.",
    )
    goal: int | None = column(description="How many people it hopes for.")
    milestones: list[Milestone] = listing(milestones_of_action, "id", description="By number, the least one first.")
    tally: Count = made(
        _TALLY,
        {},
        description="How many take part, counted in batches every `HUB_TALLY_INTERVAL`: EXACT where nobody waits to be"
        " counted, else ESTIMATED.",
    )
    tally_by_region: list[RegionTally] = listing(
        regions_of_action,
        "id",
        description="The same by region, where people gave one: the 100 largest, largest first.",
    )
    recent_public: list["Participation"] = leading(
        public_participations_of_action,
        "id",
        arguments=_recent_arguments,
        description="Those who gave a name or a note to be shown, or an approved story, the latest first.",
    )
    participations: Connection["Participation"] = connection(
        _pick,
        arguments=_arguments,
        loaders=[participations_of_action],
        scope=ApiScope.ACTIONS_READ,
        description="All who take part or did, oldest first, for the policy team and admins; empty for others.",
    )
    viewer_participation: "Participation | None" = one(
        viewer_participation_of_action, "id", description="The viewer's own; null for those who never took part."
    )
    live_cursor: LiveCursor = computed(
        live_cursor,
        *("id", "stream_epoch", "stream_seq"),
        formula=LIVE_CURSOR,
        description="Position of its stream, never later than the tally read with it: hand it to `actionStream` and"
        " nothing is lost between page and subscription.",
    )
    version: int = column(description="Rises with each change; hand it back as `expectedVersion`.")
    viewer_can: list[AbilityState] = viewer_can(
        {
            Ability.PARTICIPATE: lambda viewer, row, _: ensure_may_take_part(viewer, row),
            Ability.SEE_PARTICIPANTS: lambda viewer, _row, _: ensure_may_ask(viewer),
            Ability.EDIT: lambda viewer, _row, _: ensure_may_ask(viewer),
        },
        *("state", "verification", "allow_anonymous"),
    )


@strawberry.type(
    description="One person's part in an action. Others than the person and the policy team see it while it counts and"
    " the person gave a name or a note to be shown, or a story that is approved."
)
class Participation(Node):
    id: strawberry.ID = global_id("Participation")
    action: Action = one(action_by_id, "action_id", description="The action.")
    user: User | None = one(
        user_by_id, "shown_user_id", description="Who it is; null for all but the person and the policy team."
    )
    display_name: str | None = column(description="The name to show to everybody.")
    public_note: str | None = column(description="A word to show to everybody.")
    region: str | None = column(description="State or region, e.g. `TX`.")
    status: ParticipationStatus = column("status", description="What became of it.")
    at: datetime = column("at", description="When they took part, the last time if they had withdrawn.")
    receipt: str | None = column(
        "shown_receipt",
        description="Its number, given at once; the public tally follows within `HUB_TALLY_INTERVAL`. Null for all but"
        " the person and the policy team.",
    )
    shift: Shift | None = one(
        shift_by_id,
        "shown_shift_id",
        description="When they help; null where there are no shifts, and for all but the person and the policy team.",
    )
    amount: int | None = column(
        "shown_amount",
        description="What they promise, in the unit of the action's `pledge`; null for other kinds, and for all but the"
        " person and the policy team.",
    )
    outreach: list[Outreach] = outreach()
    story: Body | None = part(
        when="body_source",
        description="What they told, while their part counts; null for other kinds. Until it is approved null for all"
        " but the person and the policy team.",
    )
    review: StoryReview | None = column(
        "shown_review",
        description="What was decided about the story; null for other kinds, and for all but the person and the policy"
        " team.",
    )
    referral: Referral | None = part(
        when="shows_where_from", description="Where they came from; null for all but the person and the policy team."
    )
    answers: JSON | None = column(
        "shown_answers",
        scope=ApiScope.ACTIONS_READ_PERSONAL,
        description="Answers by the keys of the fields, those to personal ones left out: these are stored sealed. Null"
        " for all but the person and the policy team.",
    )
