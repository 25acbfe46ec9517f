"""A freeze is a time on the row: writes are refused exactly from then on, by the database's clock, and none decides
on a row that moved meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.demo.people import PEOPLE
from hub.store.instants import from_text, now
from tests.client import Client
from tests.mutations import a_comment, a_thread, attempt, number, row_id, untouched, write

pytestmark = pytest.mark.asyncio(loop_scope="module")

Attempt = Callable[[], Awaitable[dict[str, Any]]]
HANDLES = [person.handle for person in PEOPLE]


class Place:
    """A fresh place with everything in it that the writes below need."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def open(self, name: str) -> "Place":
        self.name = name
        data = await self.client.data(
            '{ categories { id slug } event(slug: "lincoln-capitol-day") { id } post(slug: "welcome") { id } }'
        )
        self.category = data["categories"][0]["id"]
        self.event, self.post = data["event"]["id"], data["post"]["id"]
        self.thread = await a_thread(self.client)
        self.comment = await a_comment(self.client, "ines", self.thread)
        self.accepted = 0
        await self.client.caller("ines")
        return self

    @property
    def table(self) -> str:
        return "categories" if self.name == "createThread" else "subjects"

    @property
    def id(self) -> int:
        return row_id({"createThread": self.category, "rsvp": self.event}.get(self.name, self.thread))

    async def attempt(self) -> dict[str, Any]:
        """The payload of one more write, refused or not."""
        if self.name == "deleteComment" and self.accepted:
            revive = "update comments set status = 'PUBLISHED' where id = :id"
            await self.client.backend.database.write(revive, {"id": row_id(self.comment)})
        given: dict[str, Any] = {
            "addComment": {"subjectId": self.thread, "body": "In time?"},
            "editComment": {"id": self.comment, "body": "In time?", "expectedVersion": self.accepted + 1},
            "deleteComment": {"id": self.comment},
            "react": {"targetId": self.comment, "kind": "like", "on": self.accepted % 2 == 0},
            "createThread": {"categoryId": self.category, "title": "In time?", "body": "We will see."},
            "rsvp": {"eventId": self.event, "choice": "GOING"},
        }[self.name]
        payload = await attempt(self.client, self.name, "ines", **given)
        self.accepted += payload["errors"] == []
        return payload

    async def set(self, **columns: Any) -> None:
        await self.client.backend.database.write(
            f"update {self.table} set {', '.join(_assignment(name) for name in columns)} where id = :id",
            {"id": self.id, **columns},
        )

    async def clock(self) -> datetime:
        (row,) = await self.client.backend.database.fetch("select {now} as at")
        return from_text(row["at"]) if isinstance(row["at"], str) else row["at"]


def _assignment(column: str) -> str:
    if column in {"frozen_at", "closes_at"}:
        return f"{column} = {{as_instant {column}}}"
    return f"{column} = state + :state" if column == "state" else f"{column} = {{as_text {column}}}"


@asynccontextmanager
async def moving(client: Client, move: Attempt, times: int = 1) -> AsyncIterator[None]:
    """Run `move` between the rules and the write of what is done inside, `times` times."""
    database = client.backend.database
    real = {"write": database.write, "transact": database.transact}
    left = times

    def moved(name: str) -> Any:
        async def call(*arguments: Any) -> Any:
            nonlocal left
            if left > 0:
                left -= 1
                put_back()
                await move()
                put_in()
            return await real[name](*arguments)

        return call

    def put_in() -> None:
        database.write, database.transact = moved("write"), moved("transact")

    def put_back() -> None:
        del database.write, database.transact

    put_in()
    try:
        yield
    finally:
        put_back()
    assert left == 0


WRITES = ["addComment", "editComment", "deleteComment", "react", "createThread", "rsvp"]
# A machine that is busy with other things gets a second chance to write before the freeze.
AHEAD = [timedelta(milliseconds=120), timedelta(seconds=3)]
ON_SUBJECTS = [name for name in WRITES if name != "createThread"]


@pytest.mark.parametrize("name", WRITES)
async def test_writes_are_refused_exactly_from_the_freeze_on(shared: Client, name: str) -> None:
    place = await Place(shared).open(name)
    for ahead in AHEAD:
        frozen_at = await place.clock() + ahead
        await place.set(frozen_at=frozen_at)
        errors: list[dict[str, Any]] = []
        try:
            while not errors:
                before = await place.clock()
                errors = (await place.attempt())["errors"]
                after = await place.clock()
                assert errors or before < frozen_at, "accepted too late"
                assert not errors or frozen_at <= after, "refused too early"
        finally:
            await place.set(frozen_at=None)
        assert (errors[0]["__typename"], errors[0]["code"]) == ("FrozenError", "ARCHIVED")
        assert from_text(errors[0]["since"]) == frozen_at
        if place.accepted:
            break
    assert place.accepted > 0


@pytest.mark.parametrize("name", WRITES)
async def test_a_freeze_says_since_when_and_where_talk_goes_on(shared: Client, name: str) -> None:
    place = await Place(shared).open(name)
    frozen_at = await place.clock() - timedelta(days=1)
    welcome = row_id((await shared.data('{ post(slug: "welcome") { id } }'))["post"]["id"])
    await shared.backend.database.write(
        f"update {place.table} set successor_kind = 'POST', successor_id = :welcome where id = :id",
        {"id": place.id, "welcome": welcome},
    )
    await place.set(frozen_at=frozen_at, banner="It is over.")
    try:
        async with untouched(shared, "ines"):
            payload = await place.attempt()
    finally:
        await place.set(frozen_at=None, banner=None)
    (error,) = payload["errors"]
    assert (error["__typename"], error["code"], error["message"]) == ("FrozenError", "ARCHIVED", "It is over.")
    assert from_text(error["since"]) == frozen_at
    assert error["successor"] == {"__typename": "Post", "slug": "welcome"}


@pytest.mark.parametrize("name", ["addComment", "editComment", "deleteComment", "react"])
@pytest.mark.parametrize(("columns", "code"), [({"mode": "LOCKED"}, "LOCKED"), ({"closes_at": "past"}, "CLOSED")])
async def test_a_locked_or_closed_subject_takes_nothing(
    shared: Client, name: str, columns: dict[str, Any], code: str
) -> None:
    place = await Place(shared).open(name)
    past = await place.clock() - timedelta(seconds=1)
    await place.set(**{column: past if value == "past" else value for column, value in columns.items()})
    async with untouched(shared, "ines"):
        payload = await place.attempt()
    assert [error["code"] for error in payload["errors"]] == [code]


async def test_commenting_closes_exactly_when_its_time_comes(shared: Client) -> None:
    place = await Place(shared).open("addComment")
    for ahead in AHEAD:
        closes_at = await place.clock() + ahead
        await place.set(closes_at=closes_at)
        errors: list[dict[str, Any]] = []
        while not errors:
            before = await place.clock()
            errors = (await place.attempt())["errors"]
            assert errors or before < closes_at
        assert errors[0]["code"] == "CLOSED"
        assert closes_at <= await place.clock()
        if place.accepted:
            break
    assert place.accepted > 0
    data = await shared.data("query ($id: ID!) { thread(id: $id) { commenting { mode } } }", id=place.thread)
    assert data["thread"]["commenting"] == {"mode": "LOCKED"}


@pytest.mark.parametrize("name", ON_SUBJECTS)
async def test_a_write_whose_subject_moved_is_judged_again_and_not_lost(shared: Client, name: str) -> None:
    place = await Place(shared).open(name)
    async with moving(shared, lambda: place.set(state=1)):
        payload = await place.attempt()
    assert (payload["errors"], payload["replayed"]) == ([], False)


@pytest.mark.parametrize("name", WRITES)
async def test_a_write_whose_place_froze_meanwhile_is_refused(shared: Client, name: str) -> None:
    """With and without a new `state`: the freeze alone must do."""
    place = await Place(shared).open(name)
    raised: list[dict[str, Any]] = [{}] if name == "createThread" else [{}, {"state": 1}]
    for more in raised:
        frozen_at = await place.clock() - timedelta(milliseconds=1)
        try:
            async with untouched(shared, "ines", aside=place.table):
                async with moving(shared, lambda at=frozen_at, new=more: place.set(frozen_at=at, **new)):
                    payload = await place.attempt()
        finally:
            await place.set(frozen_at=None)
        assert [error["__typename"] for error in payload["errors"]] == ["FrozenError"]
        assert payload["replayed"] is False


@pytest.mark.parametrize("name", ["addComment", "editComment", "deleteComment", "react"])
async def test_a_write_whose_subject_was_locked_meanwhile_is_refused(shared: Client, name: str) -> None:
    place = await Place(shared).open(name)
    async with untouched(shared, "ines", aside="subjects"):
        async with moving(shared, lambda: place.set(mode="LOCKED", state=1)):
            payload = await place.attempt()
    assert [error["code"] for error in payload["errors"]] == ["LOCKED"]


@pytest.mark.parametrize("name", ON_SUBJECTS)
async def test_a_subject_that_never_rests_gives_up_with_a_time_to_come_back(shared: Client, name: str) -> None:
    place = await Place(shared).open(name)
    # A comment is written beside others first, then alone.
    times = 10 if name == "addComment" else 5
    async with untouched(shared, "ines", aside="subjects"):
        async with moving(shared, lambda: place.set(state=1), times=times):
            payload = await place.attempt()
    (error,) = payload["errors"]
    assert (error["__typename"], error["code"], error["retryAfterMs"]) == ("ThrottleError", "OVERLOADED", 1_000)


async def test_writers_around_a_freeze_are_stored_if_and_only_if_accepted(shared: Client) -> None:
    place = await Place(shared).open("addComment")
    await asyncio.gather(*(shared.caller(handle) for handle in HANDLES))
    before = await number(shared.backend, "select last_number as n from subjects where id = :id", id=place.id)

    async def writer(handle: str, n: int) -> bool:
        payload = await attempt(shared, "addComment", handle, subjectId=place.thread, body=f"{handle} {n}")
        return payload["errors"] == []

    async def freezer() -> None:
        await place.set(frozen_at=now(), state=1)

    answers = await asyncio.gather(
        *(writer(handle, n) for n in range(2) for handle in HANDLES),
        freezer(),
        *(writer(handle, n) for n in range(2, 4) for handle in HANDLES),
    )
    accepted = sum(answer is True for answer in answers)
    stored = await number(shared.backend, "select count(*) as n from comments where subject_id = :id", id=place.id)
    last = await number(shared.backend, "select last_number as n from subjects where id = :id", id=place.id)
    told = await number(shared.backend, "select last_seq as n from streams where id = :id", id=place.id)
    assert stored == last == told == accepted + before


async def test_a_freeze_to_come_shows_but_does_not_bind(shared: Client) -> None:
    place = await Place(shared).open("addComment")
    document = """query ($id: ID!) { thread(id: $id) { commenting { mode } archive { archivedAt } }
        threads(first: 100, filter: {archived: true}) { nodes { id } } }"""
    await place.set(frozen_at=await place.clock() + timedelta(days=1))
    data = await shared.data(document, id=place.thread)
    assert data["thread"]["commenting"] == {"mode": "OPEN"}
    assert data["thread"]["archive"] is not None
    assert place.thread not in [thread["id"] for thread in data["threads"]["nodes"]]
    await write(shared, "addComment", "ines", subjectId=place.thread, body="Still open.")
    await place.set(frozen_at=await place.clock() - timedelta(seconds=1))
    data = await shared.data(document, id=place.thread)
    assert data["thread"]["commenting"] == {"mode": "ARCHIVED"}
    assert place.thread in [thread["id"] for thread in data["threads"]["nodes"]]
