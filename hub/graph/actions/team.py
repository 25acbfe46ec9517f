"""What the policy team does about those who take part."""

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from hub.actions.commands.invalidating import Rule, invalidate
from hub.actions.commands.reading_personal import PersonalAnswers as Read
from hub.actions.commands.reading_personal import read_personal
from hub.actions.commands.stories import Review, review_stories
from hub.graph.context import Info
from hub.graph.directives import ApiScope
from hub.graph.fields import shown_directives
from hub.graph.ids import row_id, to_global
from hub.graph.payloads import Payload, answer, audited_reason, mutation_id
from hub.graph.scalars import JSON
from hub.graph.windows import TimeWindow


@strawberry.input(description="Which participations: those that fit all of it; it must say at least one thing.")
class ParticipationRuleInput:
    region: str | None = strawberry.field(default=None, description="Of this state or region, as people gave it.")
    referral_code: str | None = strawberry.field(default=None, description="Of those who came from there.")
    email_domain: str | None = strawberry.field(
        default=None, description="Of those without an account whose address of mail has this domain, `example.org`."
    )
    net: str | None = strawberry.field(
        default=None, description="Of those without an account who came from there: the fingerprint that exports show."
    )
    window: TimeWindow | None = strawberry.field(default=None, description="Of those who took part in this span.")


@strawberry.input(description="Participations to strike out.")
class InvalidateParticipationsInput:
    action_id: strawberry.ID = strawberry.field(description="The action.")
    rule: ParticipationRuleInput = strawberry.field(description="Which of its participations.")
    dry_run: bool = strawberry.field(description="Whether to tell how many fit, and do nothing.")
    reason: str | None = strawberry.field(
        default=None, description="For the audit log, 1 to 500 characters; needed unless it is a dry run."
    )
    client_mutation_id: str | None = mutation_id()


@strawberry.type(description="How many were struck out.")
class InvalidateParticipationsPayload(Payload):
    count: int | None = strawberry.field(
        default=None, description="Those that count no more, or in a dry run would; null on errors."
    )


@strawberry.input(description="Whose personal answers, and why.")
class ReadPersonalAnswersInput:
    action_id: strawberry.ID = strawberry.field(description="The action.")
    participation_ids: list[strawberry.ID] = strawberry.field(description="Participations in it, 1 to `HUB_IDS_LIMIT`.")
    reason: str = strawberry.field(description="For the audit log, 1 to 500 characters.")
    client_mutation_id: str | None = mutation_id()


@strawberry.type(description="What one person answered to the personal fields of a form.")
class PersonalAnswers:
    participation_id: strawberry.ID = strawberry.field(description="The participation.")
    answers: JSON | None = strawberry.field(
        description="By the keys of the fields; null where there are none, or no key of the hub opens them any more."
    )


@strawberry.type(description="Personal answers.")
class ReadPersonalAnswersPayload(Payload):
    answers: list[PersonalAnswers] | None = strawberry.field(
        default=None, description="In the order of `participationIds`; null on errors."
    )


@strawberry.enum(description="What is decided about a story.")
class StoryDecision(Enum):
    APPROVED = strawberry.enum_value("APPROVED", description="Show it to everybody.")
    DECLINED = strawberry.enum_value(
        "DECLINED", description="Show it to nobody else than its person and the policy team."
    )


@strawberry.input(description="Stories, and what is decided about them.")
class ReviewStoriesInput:
    action_id: strawberry.ID = strawberry.field(description="The action.")
    participation_ids: list[strawberry.ID] = strawberry.field(
        description="Participations in it with a story, 1 to 100."
    )
    decision: StoryDecision = strawberry.field(description="The same for all of them.")
    as_of: datetime | None = strawberry.field(
        default=None,
        description="When they were read: what was told anew since, by somebody who came back, stays as it is. Null"
        " decides about whatever is there.",
    )
    reason: str | None = audited_reason()
    client_mutation_id: str | None = mutation_id()


@strawberry.type(description="How many stories were decided about.")
class ReviewStoriesPayload(Payload):
    count: int | None = strawberry.field(
        default=None, description="Those about which it had been decided otherwise, or not at all; null on errors."
    )


@strawberry.type
class TeamMutations:
    @strawberry.mutation(
        description="Decide about stories, for the policy team: safe to repeat, and open to a change of mind. Authors"
        " with an account hear of each decision. Stories of those who count no more stay as they are.",
        directives=shown_directives(scope=ApiScope.POSTS_PUBLISH),
    )
    async def review_stories(self, info: Info, input: ReviewStoriesInput) -> ReviewStoriesPayload:
        async def work() -> dict[str, Any]:
            count = await review_stories(
                info.context.backend,
                info.context.viewer,
                action_id=row_id(input.action_id, "Action", "actionId"),
                review=Review(
                    ids=[row_id(one, "Participation", "participationIds") for one in input.participation_ids],
                    verdict=input.decision.name,
                    as_of=input.as_of,
                    reason=input.reason,
                ),
            )
            return {"count": count, "replayed": not count}

        return await answer(info, ReviewStoriesPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="Strike out participations by a rule, for the policy team: they count no more, the tally follows,"
        " and those people do not come back. Those withdrawn stay so. Repeat it if it broke off.",
        directives=shown_directives(scope=ApiScope.POSTS_PUBLISH),
    )
    async def invalidate_participations(
        self, info: Info, input: InvalidateParticipationsInput
    ) -> InvalidateParticipationsPayload:
        async def work() -> dict[str, Any]:
            count = await invalidate(
                info.context.backend,
                info.context.viewer,
                action_id=row_id(input.action_id, "Action", "actionId"),
                rule=_rule(input.rule),
                reason=input.reason,
                dry_run=input.dry_run,
            )
            return {"count": count}

        return await answer(info, InvalidateParticipationsPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="Read personal answers, for the policy team. The audit log keeps who read whose, and why.",
        directives=shown_directives(scope=ApiScope.ACTIONS_READ_PERSONAL),
    )
    async def read_personal_answers(self, info: Info, input: ReadPersonalAnswersInput) -> ReadPersonalAnswersPayload:
        async def work() -> dict[str, Any]:
            found = await read_personal(
                info.context.backend,
                info.context.viewer,
                action_id=row_id(input.action_id, "Action", "actionId"),
                ids=[row_id(one, "Participation", "participationIds") for one in input.participation_ids],
                reason=input.reason,
            )
            return {"answers": [_shown(one) for one in found]}

        return await answer(info, ReadPersonalAnswersPayload, input.client_mutation_id, work)


def _rule(given: ParticipationRuleInput) -> Rule:
    window = given.window or TimeWindow()
    return Rule(
        region=given.region,
        referral=given.referral_code,
        domain=given.email_domain,
        net_print=given.net,
        since=window.from_,
        before=window.to,
    )


def _shown(read: Read) -> PersonalAnswers:
    return PersonalAnswers(participation_id=to_global("Participation", read.participation_id), answers=read.answers)  # pyright: ignore[reportArgumentType] - an id is a text
