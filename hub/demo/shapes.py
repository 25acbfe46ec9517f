"""What the story is told in. Times are fixed, or count from the day the demo is loaded."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from inspect import cleandoc
from typing import Literal

Role = Literal["MEMBER", "POLICY_TEAM", "MODERATOR", "ADMIN"]
ClubRole = Literal["OWNER", "ORGANIZER", "MODERATOR", "MEMBER"]
PostKind = Literal["ANNOUNCEMENT", "UPDATE", "CALL_TO_ACTION", "STORY", "QUESTION"]
ActionKind = Literal[
    "SIGN",
    "SUPPORT_BILL",
    "PLEDGE",
    "VOLUNTEER",
    "DONATE_ELSEWHERE",
    "CONTACT_OFFICIAL",
    "SHARE_STORY",
    "COLLECT_SUPPLIES",
]
Attendance = Literal["IN_PERSON", "ONLINE", "HYBRID"]
Answer = Literal["GOING", "MAYBE", "DECLINED"]

When = datetime | timedelta
"""A fixed time in UTC, or how long before now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    handle: str
    display_name: str
    bio: str | None = None
    role: Role = "MEMBER"


@dataclass(frozen=True, kw_only=True, slots=True)
class Comment:
    """`minutes_after` counts from the comment answered, or from the subject's beginning."""

    author: str
    body: str
    minutes_after: int
    replies: tuple["Comment", ...] = ()
    likes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Club:
    slug: str
    name: str
    region: str
    about: str
    join_policy: Literal["OPEN"] = "OPEN"
    members: tuple[tuple[str, ClubRole], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    name: str
    locality: str
    region: str
    country: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Rsvp:
    handle: str
    answer: Answer
    guests: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Starts `days` from today at `hour`:`minute` in its own zone; its comments begin at `announced`."""

    slug: str
    club: str
    title: str
    body: str
    announced: When
    days: int
    hour: int
    minute: int = 0
    lasts: timedelta
    time_zone: str
    place: Place | None  # None: online only
    attendance: Attendance
    capacity: int | None = None
    max_guests: int = 5
    hosts: tuple[str, ...]
    rsvps: tuple[Rsvp, ...]
    comments: tuple[Comment, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Update:
    """A word on how a post goes on, so many days after it."""

    author: str
    days_after: int
    body: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """What those whom a post asks have answered, so many days after it."""

    sender: str
    days_after: int
    body: str
    outcome: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Bill:
    jurisdiction: str
    number: str
    title: str
    url: str
    status: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Shift:
    """Begins `days` from today at `hour` UTC."""

    key: str
    title: str
    days: int
    hour: int
    hours: int
    places: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Official:
    key: str
    name: str
    office: str
    region: str | None = None
    email: str | None = None
    phone: str | None = None
    contact_url: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One person's part in an action; name and note are shown to everybody. `outreach` are officials and channels."""

    handle: str
    region: str | None = None
    name: str | None = None
    note: str | None = None
    answers: tuple[tuple[str, str], ...] = ()
    amount: int | None = None
    shift: str | None = None
    outreach: tuple[tuple[str, str], ...] = ()
    story: str | None = None
    review: Literal["PENDING", "APPROVED"] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """`questions` are key, label and choices, if it has some; people took part an hour after each other. `hours` are
    those hoped for where hours are pledged, `letter` is subject and body."""

    kind: ActionKind
    goal: int
    milestones: tuple[tuple[int, str], ...]
    bill: Bill | None = None
    hours: int | None = None
    external_url: str | None = None
    shifts: tuple[Shift, ...] = ()
    officials: tuple[Official, ...] = ()
    letter: tuple[str, str] | None = None
    questions: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    parts: tuple[Part, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Post:
    """`{events}` in a body stands for the list of coming events. The first author is the main one."""

    slug: str
    kind: PostKind
    title: str
    summary: str
    body: str
    authors: tuple[str, ...]
    clubs: tuple[str, ...]
    regions: tuple[str, ...] = ()
    topic: str | None = None
    tags: tuple[str, ...] = ()
    published: When
    pinned: bool = False
    action: Action | None = None
    updates: tuple[Update, ...] = ()
    responses: tuple[Response, ...] = ()
    comments: tuple[Comment, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Category:
    slug: str
    name: str
    description: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Successor:
    """Where the talk of a frozen thread goes on."""

    kind: Literal["POST", "CLUB"]
    slug: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Thread:
    slug: str
    category: str
    author: str
    title: str
    body: str
    tags: tuple[str, ...]
    created: When
    views: int
    successor: Successor | None = None
    comments: tuple[Comment, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Forum:
    """Frozen as a whole at `frozen_at`, or open (None)."""

    frozen_at: datetime | None = None
    banner: str | None = None
    categories: tuple[Category, ...]
    threads: tuple[Thread, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    people: tuple[Person, ...]
    clubs: tuple[Club, ...]
    events: tuple[Event, ...]
    posts: tuple[Post, ...]
    old_forum: Forum
    hub_talk: Forum


def prose(text: str) -> str:
    """Markdown out of indented, wrapped source: one line per paragraph and list item."""
    return re.sub(r"(?<!\n)\n *(?!\s|- |> |#+ |\d+\. )", " ", cleandoc(text))


def says(author: str, minutes_after: int, text: str, *replies: Comment, likes: tuple[str, ...] = ()) -> Comment:
    """One comment and the replies to it."""
    return Comment(author=author, body=prose(text), minutes_after=minutes_after, replies=replies, likes=likes)
