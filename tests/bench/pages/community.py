"""The community that every server is asked about: the same for the same scale, drawn from one seeded generator.

Scale 1 is 50,000 users, 500 clubs, 100,000 threads, 2,000 posts, 10,000 events and two million comments, 50,000 of
them on one post. The peers' loader draws the same: who changes the order or number of draws here makes their answers
differ from ours. Numbers count from 1 for each noun, times are seconds since `BEGINNING`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from random import Random
from typing import NamedTuple

BEGINNING = datetime(2025, 1, 1, tzinfo=UTC)
TODAY = datetime(2026, 6, 1, tzinfo=UTC)
_SPAN = int((TODAY - BEGINNING).total_seconds())
_DAY = 86_400
_SPOKEN = (
    "the ride club meeting saturday morning great photo trail coffee anyone going bring gear weather looks good "
    "thanks for sharing love this idea count me in where do we park route map lake hill run paint chess garden "
    "book night market music rehearsal volunteer help needed see you there welcome new members question about "
    "schedule changed location moved again sorry cannot make it next time definitely recommend beginner friendly"
)
_FIRST = "Ada Bo Cem Dag Eva Fay Gil Hana Ira Jon Kai Lea Max Nia Ole Pia Quin Rui Sam Tess Uma Vik Wes Xia Yan Zoe"
_LAST = (
    "Abel Berg Cruz Diaz Ekman Frank Gray Holm Ito Jones Kim Lopez Meyer Nagy Okoye Park Quist Rossi Silva Tran Unger "
    "Vega Wolf Xu Young Zhou"
)

_WORDS, _FIRST_NAMES, _LAST_NAMES = _SPOKEN.split(), _FIRST.split(), _LAST.split()


class User(NamedTuple):
    number: int
    name: str
    handle: str
    avatar_url: str
    bio: str
    joined: int


class Club(NamedTuple):
    number: int
    name: str
    about: str
    founded: int


class Membership(NamedTuple):
    user: int
    club: int
    organizes: bool
    since: int


class Thread(NamedTuple):
    number: int
    club: int | None
    author: int
    title: str
    body: str
    at: int


class Post(NamedTuple):
    number: int
    club: int | None
    author: int
    title: str
    body: str
    likes: int
    at: int


class Event(NamedTuple):
    number: int
    club: int
    host: int
    title: str
    place: str
    starts: int
    at: int


class Rsvp(NamedTuple):
    event: int
    user: int
    status: str
    at: int


class Comment(NamedTuple):
    """`place` is its order number inside the subject; `parent` and `above` are number and place of what it answers."""

    number: int
    kind: str
    subject: int
    place: int
    parent: int | None
    above: int | None
    author: int
    body: str
    at: int


@dataclass(frozen=True)
class Sizes:
    scale: float

    @cached_property
    def users(self) -> int:
        return int(50_000 * self.scale)

    @cached_property
    def clubs(self) -> int:
        return max(20, int(500 * self.scale))

    @cached_property
    def threads(self) -> int:
        return int(100_000 * self.scale)

    @cached_property
    def posts(self) -> int:
        return max(100, int(2_000 * self.scale))

    @cached_property
    def events(self) -> int:
        return int(10_000 * self.scale)

    @cached_property
    def comments(self) -> int:
        """How many are aimed at; chance makes it some fewer."""
        return int(2_000_000 * self.scale)

    @cached_property
    def hot_comments(self) -> int:
        return int(50_000 * self.scale)

    @cached_property
    def hot_post(self) -> int:
        return self.posts - 5

    @cached_property
    def busy_threads(self) -> int:
        """The first ones, with 60 comments or more each."""
        return max(20, int(2_000 * self.scale))

    @cached_property
    def busy_clubs(self) -> int:
        """The first ones, which have more than half of the events."""
        return max(4, int(100 * self.scale))

    @cached_property
    def written_posts(self) -> int:
        """The first ones take the bench's own comments; pages are read of the others."""
        return max(20, self.posts // 20)


class Community:
    """Each part may be drawn once, in the order of the methods here."""

    def __init__(self, sizes: Sizes, seed: int = 42) -> None:
        if sizes.scale < 0.005:
            raise ValueError("a community smaller than scale 0.005 has no room for its busy threads")
        self.sizes = sizes
        self._random = Random(seed)
        self._phrases = [
            " ".join(self._random.choice(_WORDS) for _ in range(self._random.randint(6, 30))) for _ in range(5_000)
        ]
        self._comments = 0
        self._post_times: list[int] = []
        self._thread_times: list[int] = []

    def users(self) -> Iterator[User]:
        draw = self._random
        for number in range(1, self.sizes.users + 1):
            name = f"{draw.choice(_FIRST_NAMES)} {draw.choice(_LAST_NAMES)} {number}"
            avatar = f"https://cdn.example.org/a/{number}.webp"
            yield User(number, name, f"user{number}", avatar, self._phrase(), draw.randrange(_SPAN))

    def clubs(self) -> Iterator[Club]:
        draw = self._random
        for number in range(1, self.sizes.clubs + 1):
            name = f"{draw.choice(_WORDS).title()} {draw.choice(_WORDS).title()} Club {number}"
            yield Club(number, name, self._phrase(), draw.randrange(_SPAN))

    def memberships(self) -> Iterator[Membership]:
        draw = self._random
        clubs = range(1, self.sizes.clubs + 1)
        for user in range(1, self.sizes.users + 1):
            for club in sorted(draw.sample(clubs, draw.randint(2, 6))):
                yield Membership(user, club, draw.random() < 0.02, draw.randrange(_SPAN))

    def threads(self) -> Iterator[Thread]:
        draw = self._random
        for number in range(1, self.sizes.threads + 1):
            at = int(_SPAN * 0.9 * number / self.sizes.threads)
            self._thread_times.append(at)
            club = draw.randint(1, self.sizes.clubs) if draw.random() < 0.7 else None
            yield Thread(number, club, self._person(), self._title(60), f"{self._phrase()}. {self._phrase()}", at)

    def posts(self) -> Iterator[Post]:
        draw = self._random
        for number in range(1, self.sizes.posts + 1):
            at = int(_SPAN * 0.95 * number / self.sizes.posts)
            self._post_times.append(at)
            club = None
            if draw.random() < 0.6:
                club = draw.randint(1, self.sizes.busy_clubs)
            elif draw.random() < 0.5:
                club = draw.randint(1, self.sizes.clubs)
            author, title = self._person(), self._title(60)
            body = ". ".join(self._phrase() for _ in range(4))
            yield Post(number, club, author, title, body, draw.randrange(5_000), at)

    def events(self) -> Iterator[Event]:
        draw, sizes = self._random, self.sizes
        for number in range(1, sizes.events + 1):
            turn = number - 1
            if number <= int(sizes.events * 0.6):
                club = 1 + turn % sizes.busy_clubs
                ahead = turn // sizes.busy_clubs % 3 != 0
            else:
                club = sizes.busy_clubs + 1 + turn % (sizes.clubs - sizes.busy_clubs)
                ahead = draw.random() < 0.7
            starts = _SPAN + draw.randrange(3_600, 90 * _DAY) if ahead else draw.randrange(_SPAN // 2, _SPAN)
            host, title = self._person(), self._title(50)
            place = f"{draw.randint(1, 999)} {draw.choice(_LAST_NAMES)} Street"
            yield Event(number, club, host, title, place, starts, draw.randrange(_SPAN // 2))

    def rsvps(self) -> Iterator[Rsvp]:
        """By event, time and user, which is the order in which they are listed."""
        draw = self._random
        users = range(1, self.sizes.users + 1)
        for event in range(1, self.sizes.events + 1):
            answers = [
                Rsvp(event, user, draw.choices(("GOING", "MAYBE", "DECLINED"), (70, 20, 10))[0], self._in_second_half())
                for user in draw.sample(users, draw.randint(15, 45))
            ]
            yield from sorted(answers, key=lambda answer: (answer.at, answer.user))

    def comments(self) -> Iterator[Comment]:
        draw, sizes = self._random, self.sizes
        left = sizes.comments - sizes.hot_comments
        yield from self._on_post(sizes.hot_post, sizes.hot_comments)
        usual = int(sizes.comments * 0.25 / sizes.posts)
        for post in range(1, sizes.posts + 1):
            if post != sizes.hot_post:
                count = draw.randint(usual // 5, usual * 9 // 5)
                left -= count
                yield from self._on_post(post, count)
        for event in range(1, sizes.events + 1):
            count = draw.randint(2, 18)
            left -= count
            yield from self._on_event(event, count)
        for thread in range(1, sizes.busy_threads + 1):
            count = draw.randint(60, 240)
            left -= count
            yield from self._on_thread(thread, count)
        quiet = sizes.threads - sizes.busy_threads
        for thread in range(sizes.busy_threads + 1, sizes.threads + 1):
            count = left // quiet + (draw.random() < left % quiet / quiet)
            if thread < sizes.threads:
                count = max(0, count + draw.randint(-count // 2, count // 2))
            yield from self._on_thread(thread, count)

    def _on_post(self, post: int, count: int) -> Iterator[Comment]:
        draw, begun = self._random, self._post_times[post - 1]
        tops: list[tuple[int, int]] = []
        for place in range(1, count + 1):
            at = begun + int((_SPAN - begun) * (place - 1 + draw.random()) / count)
            parent = above = None
            if tops and draw.random() < 0.30:
                parent, above = tops[-1 - min(len(tops) - 1, int(draw.expovariate(0.15)))]
            number, author, body = self._said()
            if parent is None:
                tops.append((number, place))
            yield Comment(number, "POST", post, place, parent, above, author, body, min(at, _SPAN - 1))

    def _on_event(self, event: int, count: int) -> Iterator[Comment]:
        drawn: list[tuple[int, int, int, str]] = []
        for _ in range(count):
            at = self._in_second_half()
            drawn.append((at, *self._said()))
        for place, (at, number, author, body) in enumerate(sorted(drawn), 1):
            yield Comment(number, "EVENT", event, place, None, None, author, body, min(at, _SPAN - 1))

    def _on_thread(self, thread: int, count: int) -> Iterator[Comment]:
        draw, begun = self._random, self._thread_times[thread - 1]
        for place in range(1, count + 1):
            at = begun + int((_SPAN - begun) * (place - 1 + draw.random()) / count)
            number, author, body = self._said()
            yield Comment(number, "THREAD", thread, place, None, None, author, body, min(at, _SPAN - 1))

    def _said(self) -> tuple[int, int, str]:
        self._comments += 1
        return self._comments, self._person(), self._phrase()

    def _person(self) -> int:
        """Some write much more than others."""
        return 1 + int(self.sizes.users * self._random.random() ** 2)

    def _phrase(self) -> str:
        return self._random.choice(self._phrases)

    def _title(self, length: int) -> str:
        return self._phrase()[:length].rstrip()

    def _in_second_half(self) -> int:
        return _SPAN // 2 + self._random.randrange(_SPAN // 2)
