from datetime import datetime
from typing import Any

import strawberry

from hub.graph.context import Info
from hub.graph.ids import from_global, row_id
from hub.graph.lookups import ensure_short
from hub.graph.notifications.settings import SetNotificationRulesInput, SettingsPayload, change_of
from hub.graph.notifications.types import Follow, FollowLevel, UnreadCounts
from hub.graph.payloads import Payload, answer, mutation_id
from hub.notifications.following import follow, unfollow
from hub.notifications.inbox import mark_all_read, mark_read
from hub.notifications.loaders import follow_by_id
from hub.notifications.settings import choose, chosen_by
from hub.refusals import ErrorCode, Refusal
from hub.users.rules import ensure_signed_in

_FOLLOWED = ("User", "Category", "Thread", "Post", "Club", "Event")


@strawberry.input(description="What to follow, and how.")
class FollowInput:
    target_id: strawberry.ID = strawberry.field(description="A person, category, thread, post, club or event.")
    level: FollowLevel = strawberry.field(description="How much to hear of it.")
    muted_until: datetime | None = strawberry.field(
        default=None, description="Hear nothing of it until then; a time ahead, or null."
    )
    client_mutation_id: str | None = mutation_id()


@strawberry.input(description="What to follow no longer.")
class UnfollowInput:
    target_id: strawberry.ID = strawberry.field(description="A person, category, thread, post, club or event.")
    client_mutation_id: str | None = mutation_id()


@strawberry.type(description="What the viewer wants to hear of a thing.")
class FollowPayload(Payload):
    follow: Follow | None = strawberry.field(default=None, description="As it is now; null on errors and without one.")


@strawberry.input(description="What was read: give either `ids` or `all`.")
class MarkNotificationsReadInput:
    ids: list[strawberry.ID] | None = strawberry.field(default=None, description="At most 100 entries of one's inbox.")
    all: bool = strawberry.field(default=False, description="All that are there now.")
    client_mutation_id: str | None = mutation_id()


@strawberry.type(description="What is left to read.")
class ReadPayload(Payload):
    unread: UnreadCounts | None = strawberry.field(default=None, description="Afterwards; null on errors.")


@strawberry.type
class NotificationMutations:
    @strawberry.mutation(
        description="Follow a thing that the viewer sees, or follow it otherwise; by hand from now on, whatever it was."
    )
    async def follow(self, info: Info, input: FollowInput) -> FollowPayload:
        async def work() -> dict[str, Any]:
            kind, target_id = _target(input.target_id)
            follow_id = await follow(
                info.context.backend,
                info.context.viewer,
                kind=kind,
                target_id=target_id,
                level=input.level.name,
                muted_until=input.muted_until,
            )
            return {"follow": await info.context.reader.one(follow_by_id, follow_id)}

        return await answer(info, FollowPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="Follow a thing no longer; `replayed` when the viewer did not. To take part there again follows it"
        " anew."
    )
    async def unfollow(self, info: Info, input: UnfollowInput) -> FollowPayload:
        async def work() -> dict[str, Any]:
            kind, target_id = _target(input.target_id)
            replayed = await unfollow(info.context.backend, info.context.viewer, kind=kind, target_id=target_id)
            return {"replayed": replayed}

        return await answer(info, FollowPayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="Mark entries of one's inbox as read. To read what is read already, is another's or absent changes"
        " nothing."
    )
    async def mark_notifications_read(self, info: Info, input: MarkNotificationsReadInput) -> ReadPayload:
        async def work() -> dict[str, Any]:
            backend, viewer = info.context.backend, info.context.viewer
            if input.all == (input.ids is not None):
                raise Refusal(ErrorCode.INVALID, "Give either `ids` or `all`.", "ids")
            if input.ids is None:
                left = await mark_all_read(backend, viewer)
            else:
                ensure_short(info, input.ids, "ids")
                left = await mark_read(backend, viewer, ids=[row_id(one, "Notification", "ids") for one in input.ids])
            return {"unread": {"notifications": left}}

        return await answer(info, ReadPayload, input.client_mutation_id, work)

    @strawberry.mutation(description="Choose how to be told: by kind and channel, outside quiet hours.")
    async def set_notification_rules(self, info: Info, input: SetNotificationRulesInput) -> SettingsPayload:
        async def work() -> dict[str, Any]:
            await choose(info.context.backend, info.context.viewer, change_of(input))
            user_id = ensure_signed_in(info.context.viewer)
            return {"settings": await chosen_by(info.context.backend.database, user_id)}

        return await answer(info, SettingsPayload, input.client_mutation_id, work)


def _target(global_id: strawberry.ID) -> tuple[str, int]:
    noun, target_id = from_global(global_id, *_FOLLOWED, argument="targetId")
    return noun.upper(), target_id
