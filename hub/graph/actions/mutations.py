from typing import Any

import strawberry

from hub.actions.commands.asking import Asked, Bill, Letter, Official, Pledge, Question, Shift, Target
from hub.actions.commands.drafting import Part
from hub.actions.commands.guests import participate_as_guest
from hub.actions.commands.outreach import Reached, record_outreach
from hub.actions.commands.participating import participate
from hub.actions.commands.saving import save_action
from hub.actions.commands.withdrawing import withdraw, withdraw_by_receipt
from hub.actions.loaders import action_by_id, participation_by_id
from hub.graph.actions.inputs import (
    OutreachInput,
    ParticipateInput,
    RecordOutreachInput,
    SaveActionInput,
    WithdrawByReceiptInput,
)
from hub.graph.actions.types import Action, Participation
from hub.graph.context import Info
from hub.graph.directives import ApiScope
from hub.graph.fields import shown_directives
from hub.graph.ids import row_id
from hub.graph.limiting import Paced
from hub.graph.payloads import IdInput, Payload, Reference, answer


@strawberry.type(description="An action.")
class ActionPayload(Payload):
    action: Action | None = strawberry.field(default=None, description="The action; null on errors.")


@strawberry.type(description="A participation.")
class ParticipatePayload(Payload):
    participation: Participation | None = strawberry.field(
        default=None,
        description="The participation with its receipt; null on errors, and for who has no account.",
    )
    receipt: str | None = strawberry.field(
        default=None, description="Its number, for who has no account; null for others."
    )
    needs_email_confirmation: bool = strawberry.field(
        default=False,
        description="Whether it counts only once the link in a mail was opened, within `HUB_VERIFY_HOURS`. The same"
        " whether or not the address is known here.",
    )


@strawberry.type
class ActionMutations:
    @strawberry.mutation(
        description="Give a post its action, or change the one it has; for the policy team.",
        directives=shown_directives(scope=ApiScope.POSTS_PUBLISH),
    )
    async def save_action(self, info: Info, input: SaveActionInput) -> ActionPayload:
        async def work() -> dict[str, Any]:
            action_id = await save_action(
                info.context.backend,
                info.context.viewer,
                post_id=row_id(input.post_id, "Post", "postId"),
                asked=_asked(input),
                reason=input.reason,
                expected_version=input.expected_version,
            )
            return {"action": Reference(action_by_id, action_id)}

        return await answer(info, ActionPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="Take part in an action, once: `DUPLICATE` with what there is for those who do already. Whoever"
        " withdrew may come back, under the first receipt. Who is not signed in may take part where `allowAnonymous`"
        " says so; `HUB_PARTICIPATION_MAILS_PER_ACCOUNT` and `HUB_PARTICIPATION_MAILS_PER_ADDRESS` count the mails.",
        directives=shown_directives(scope=ApiScope.ACTIONS_WRITE),
        extensions=[
            Paced("participation", burst="participation_burst", per_second="participations_per_second", nobody=True)
        ],
    )
    async def participate(self, info: Info, input: ParticipateInput) -> ParticipatePayload:
        async def work() -> dict[str, Any]:
            backend, viewer = info.context.backend, info.context.viewer
            action_id, part, key = row_id(input.action_id, "Action", "actionId"), _part(input), input.idempotency_key
            if viewer.user_id is None and viewer.app_id is None:
                net, email = info.context.address, input.email
                guest = await participate_as_guest(
                    backend, viewer, action_id=action_id, part=part, key=key, email=email, net=net
                )
                return {
                    "receipt": guest.receipt,
                    "needs_email_confirmation": guest.pending,
                    "replayed": guest.replayed,
                }
            took = await participate(backend, viewer, action_id=action_id, part=part, key=key)
            return {"participation": Reference(participation_by_id, took.id), "replayed": took.replayed}

        return await answer(info, ParticipatePayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="Take part no longer; `replayed` for who did not before.",
        directives=shown_directives(scope=ApiScope.ACTIONS_WRITE),
    )
    async def withdraw_participation(self, info: Info, input: IdInput) -> ParticipatePayload:
        async def work() -> dict[str, Any]:
            participation_id = row_id(input.id, "Participation", "id")
            backend, viewer = info.context.backend, info.context.viewer
            before = await withdraw(backend, viewer, participation_id=participation_id)
            return {"participation": Reference(participation_by_id, participation_id), "replayed": before}

        return await answer(info, ParticipatePayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="Take part no longer, for who took part without an account: the receipt tells whose part it is."
        " `replayed` for who did not before. `HUB_RECEIPTS_PER_ADDRESS` counts the tries.",
        directives=shown_directives(scope=ApiScope.ACTIONS_WRITE),
    )
    async def withdraw_by_receipt(self, info: Info, input: WithdrawByReceiptInput) -> ParticipatePayload:
        async def work() -> dict[str, Any]:
            context = info.context
            before = await withdraw_by_receipt(context.backend, receipt=input.receipt, net=context.address)
            return {"receipt": input.receipt, "replayed": before}

        return await answer(info, ParticipatePayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="Say to whom one turned besides, for who takes part with an account: safe to repeat, each official"
        " once in each way; `replayed` when all of it was there. Refused once the action takes nobody any more.",
        directives=shown_directives(scope=ApiScope.ACTIONS_WRITE),
        extensions=[Paced("participation", burst="participation_burst", per_second="participations_per_second")],
    )
    async def record_outreach(self, info: Info, input: RecordOutreachInput) -> ParticipatePayload:
        async def work() -> dict[str, Any]:
            participation_id = row_id(input.participation_id, "Participation", "participationId")
            before = await record_outreach(
                info.context.backend,
                info.context.viewer,
                participation_id=participation_id,
                outreach=_reached(input.outreach),
            )
            return {"participation": Reference(participation_by_id, participation_id), "replayed": before}

        return await answer(info, ParticipatePayload, input.client_mutation_id, work)


def _reached(given: list[OutreachInput]) -> list[Reached]:
    return [Reached(one.official, one.channel.name) for one in given]


def _asked(given: SaveActionInput) -> Asked:
    bill, target, pledge = given.bill, given.target, given.pledge
    return Asked(
        kind=given.kind.name,
        verification=given.verification.name,
        allow_anonymous=given.allow_anonymous,
        consent_text=given.consent_text,
        opens_at=given.opens_at,
        closes_at=given.closes_at,
        delivered_at=given.delivered_at,
        paused=given.paused,
        goal=given.goal,
        external_url=given.external_url,
        target=Target(target.name, target.office, target.contact_url) if target else None,
        bill=Bill(bill.jurisdiction, bill.number, bill.title, bill.url, bill.status) if bill else None,
        pledge=Pledge(pledge.unit.name, pledge.currency, pledge.goal) if pledge else None,
        shifts=[Shift(one.key, one.title, one.starts_at, one.ends_at, one.places) for one in given.shifts or []],
        officials=[
            Official(
                key=one.key,
                name=one.name,
                office=one.office,
                region=one.region,
                email=one.email,
                phone=one.phone,
                url=one.contact_url,
            )
            for one in given.officials or []
        ],
        letter=Letter(given.letter.subject, given.letter.body) if given.letter else None,
        milestones=[(one.at, one.label) for one in given.milestones or []],
        questions=[
            Question(
                key=one.key,
                label=one.label,
                type=one.type.name,
                required=one.required,
                personal=one.personal,
                choices=one.choices or [],
                help_text=one.help_text,
            )
            for one in given.fields or []
        ],
    )


def _part(given: ParticipateInput) -> Part:
    return Part(
        consent=given.consent,
        display_name=given.display_name,
        public_note=given.public_note,
        region=given.region,
        referral=given.referral_code,
        referral_url=given.referral_url,
        amount=given.amount,
        shift=given.shift,
        story=given.story,
        outreach=_reached(given.outreach) if given.outreach is not None else None,
        answers=given.answers,  # pyright: ignore[reportArgumentType] - whatever a client sent, judged by `forms`
    )
