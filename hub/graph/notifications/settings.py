"""How a person wants to be told, as the graph shows and takes it."""

from datetime import datetime
from enum import Enum

import strawberry

from hub.graph.notifications.types import FollowReason, NotificationKind
from hub.graph.payloads import Payload, mutation_id
from hub.graph.scalars import TimeZone
from hub.notifications.settings import Change, Rule
from hub.refusals import ErrorCode, FieldRefusal

_MOST_RULES = 100


@strawberry.enum(description="Where a person is told.")
class Channel(Enum):
    IN_APP = strawberry.enum_value("IN_APP", description="In the inbox, and on `viewerStream`.")
    EMAIL = strawberry.enum_value("EMAIL", description="By mail, to a confirmed address.")
    WEB_PUSH = strawberry.enum_value("WEB_PUSH", description="By push messages, to browsers of `registerPushDevice`.")


@strawberry.enum(description="How often a person is told. Times are of the person's zone.")
class Frequency(Enum):
    OFF = strawberry.enum_value("OFF", description="Never.")
    INSTANT = strawberry.enum_value("INSTANT", description="As it happens, outside quiet hours.")
    HOURLY = strawberry.enum_value("HOURLY", description="Gathered, at the full hour.")
    DAILY = strawberry.enum_value("DAILY", description="Gathered, at `HUB_DIGEST_HOUR`.")
    WEEKLY = strawberry.enum_value("WEEKLY", description="Gathered, on Mondays at `HUB_DIGEST_HOUR`.")


@strawberry.type(description="How often a person is told of one kind on one channel.")
class NotificationRule:
    kind: NotificationKind = strawberry.field(description="What happened.")
    channel: Channel = strawberry.field(description="Where.")
    frequency: Frequency = strawberry.field(description="How often.")


@strawberry.type(description="How a person wants to be told; shown to that person alone.")
class NotificationSettings:
    rules: list[NotificationRule] = strawberry.field(
        description="One for each kind and channel, at most 100, as usual where the person chose nothing."
    )
    quiet_from: str | None = strawberry.field(
        description="Beginning of the quiet hours, `HH:MM` in `viewer { timeZone }`: no mail and push then; what is due"
        " comes at their end. Null without quiet hours."
    )
    quiet_to: str | None = strawberry.field(description="Their end, on the next day if that is earlier; null without.")
    follows_by: list[FollowReason] = strawberry.field(description="What makes the person follow by itself, at most 5.")
    mail_stopped_at: datetime | None = strawberry.field(
        description="Since when no mail goes out because it came back; confirm the address anew. Null while mail goes."
    )


@strawberry.input(description="How often to be told of one kind on one channel.")
class NotificationRuleInput:
    kind: NotificationKind = strawberry.field(description="What happened.")
    channel: Channel = strawberry.field(description="Where.")
    frequency: Frequency = strawberry.field(description="How often; in the inbox `OFF` or `INSTANT` only.")


@strawberry.input(description="How to be told from now on. Rules that are not named stay as they are.")
class SetNotificationRulesInput:
    rules: list[NotificationRuleInput] = strawberry.field(description="At most 100; the last one of a kind counts.")
    quiet_from: str | None = strawberry.field(
        default=None, description="Quiet hours from, `HH:MM`; null together with `quietTo` ends them."
    )
    quiet_to: str | None = strawberry.field(default=None, description="Quiet hours to, `HH:MM`.")
    follows_by: list[FollowReason] | None = strawberry.field(
        default=None, description="What makes the viewer follow by itself, at most 5; null leaves it as it is."
    )
    time_zone: TimeZone | None = strawberry.field(
        default=None, description="The viewer's IANA zone from now on; null leaves it as it is."
    )
    client_mutation_id: str | None = mutation_id()


@strawberry.type(description="How the viewer is told.")
class SettingsPayload(Payload):
    settings: NotificationSettings | None = strawberry.field(
        default=None, description="As they are now; null on errors."
    )


def change_of(input: SetNotificationRulesInput) -> Change:
    if len(input.rules) > _MOST_RULES:
        raise FieldRefusal(
            ErrorCode.TOO_LONG,
            f"At most {_MOST_RULES} rules at once: send the rest in another request.",
            "rules",
            most=_MOST_RULES,
        )
    return Change(
        rules=[Rule(one.kind.name, one.channel.name, one.frequency.name) for one in input.rules],
        quiet_from=input.quiet_from,
        quiet_to=input.quiet_to,
        follows_by=None if input.follows_by is None else [one.name for one in input.follows_by],
        time_zone=input.time_zone,
    )
