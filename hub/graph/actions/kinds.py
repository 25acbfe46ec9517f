"""The words of actions: kinds, states, what is asked of who takes part."""

from enum import Enum

import strawberry


@strawberry.enum(description="What people are asked to do.")
class ActionKind(Enum):
    SIGN = strawberry.enum_value("SIGN", description="Sign a petition.")
    SUPPORT_BILL = strawberry.enum_value("SUPPORT_BILL", description="Support a bill: `bill` says which.")
    PLEDGE = strawberry.enum_value("PLEDGE", description="Promise money or hours: `pledge` says which.")
    VOLUNTEER = strawberry.enum_value("VOLUNTEER", description="Help with one's hands.")
    DONATE_ELSEWHERE = strawberry.enum_value(
        "DONATE_ELSEWHERE", description="Give to somebody else: `externalUrl` says where."
    )
    CONTACT_OFFICIAL = strawberry.enum_value(
        "CONTACT_OFFICIAL", description="Write to or call officials: `officials` says whom, or `target`."
    )
    SHARE_STORY = strawberry.enum_value(
        "SHARE_STORY", description="Tell what one lived through; the policy team reads it before others do."
    )
    COLLECT_SUPPLIES = strawberry.enum_value("COLLECT_SUPPLIES", description="Bring what is needed.")


@strawberry.enum(description="What people promise.")
class PledgeUnit(Enum):
    MONEY = strawberry.enum_value("MONEY", description="Whole units of `currency`, e.g. dollars.")
    HOURS = strawberry.enum_value("HOURS", description="Hours of work.")


@strawberry.enum(description="Where an action stands as of now, by the clock of the database.")
class ActionState(Enum):
    UPCOMING = strawberry.enum_value("UPCOMING", description="Begins at `opensAt`.")
    OPEN = strawberry.enum_value("OPEN", description="People may take part.")
    PAUSED = strawberry.enum_value("PAUSED", description="Halted by the policy team.")
    GOAL_REACHED = strawberry.enum_value(
        "GOAL_REACHED", description="As OPEN, and its goal is reached, that of people or that of the sum."
    )
    DELIVERED = strawberry.enum_value(
        "DELIVERED", description="Over: what people asked for was handed over at `deliveredAt`."
    )
    CLOSED = strawberry.enum_value("CLOSED", description="Over: its end has come, or its post is not open any more.")


@strawberry.enum(description="Who may take part.")
class VerificationLevel(Enum):
    NONE = strawberry.enum_value("NONE", description="Everybody.")
    EMAIL = strawberry.enum_value("EMAIL", description="Whoever has confirmed an address.")
    ACCOUNT = strawberry.enum_value("ACCOUNT", description="Whoever has an account.")
    OWNER = strawberry.enum_value("OWNER", description="Members of an owner club.")


@strawberry.enum(description="What became of a participation.")
class ParticipationStatus(Enum):
    PENDING_VERIFICATION = strawberry.enum_value("PENDING_VERIFICATION", description="Counts once it is confirmed.")
    COUNTED = strawberry.enum_value("COUNTED", description="Counts.")
    WITHDRAWN = strawberry.enum_value("WITHDRAWN", description="Taken back by the person.")
    INVALIDATED = strawberry.enum_value("INVALIDATED", description="Struck out by the policy team.")


@strawberry.enum(description="How somebody turned to an official.")
class OutreachChannel(Enum):
    MAIL = strawberry.enum_value("MAIL", description="By electronic mail.")
    PHONE = strawberry.enum_value("PHONE", description="By telephone.")
    LETTER = strawberry.enum_value("LETTER", description="By a letter on paper.")
    FORM = strawberry.enum_value("FORM", description="By the form on a page of theirs.")
    IN_PERSON = strawberry.enum_value("IN_PERSON", description="By going there.")
    OTHER = strawberry.enum_value("OTHER", description="In another way.")


@strawberry.enum(description="What the policy team decided about a story.")
class StoryReview(Enum):
    PENDING = strawberry.enum_value("PENDING", description="Nothing yet: the person and the policy team see it.")
    APPROVED = strawberry.enum_value("APPROVED", description="It is shown to everybody.")
    DECLINED = strawberry.enum_value("DECLINED", description="The person and the policy team see it, nobody else.")


@strawberry.enum(description="What a field of a form takes.")
class FieldType(Enum):
    TEXT = strawberry.enum_value("TEXT", description="At most 500 characters.")
    LONG_TEXT = strawberry.enum_value("LONG_TEXT", description="At most 5,000 characters.")
    EMAIL = strawberry.enum_value("EMAIL", description="An address of mail.")
    PHONE = strawberry.enum_value("PHONE", description="A telephone number, 5 to 30 signs.")
    POSTCODE = strawberry.enum_value("POSTCODE", description="A postcode, 3 to 12 signs.")
    CHOICE = strawberry.enum_value("CHOICE", description="One of `choices`.")
    MULTI_CHOICE = strawberry.enum_value("MULTI_CHOICE", description="A list of some of `choices`.")
    CHECKBOX = strawberry.enum_value("CHECKBOX", description="True or false; true if it is required.")
    DATE = strawberry.enum_value("DATE", description="A day, as `2026-11-22`.")
    NUMBER = strawberry.enum_value("NUMBER", description="A number below a thousand billions.")
