from datetime import timedelta

import pytest

from hub.refusals import ErrorCode, FieldRefusal, Refusal
from hub.store import idempotency
from hub.store.chain import Chain, Step
from hub.store.database import Database, UniqueViolation
from hub.store.instants import now

REMEMBER = Chain(
    (Step("taken", "select id from (select 1 as id) found where {as_bool allowed}"), idempotency.REMEMBER),
    answer="remembered",
    records={"keys": idempotency.KEY_RECORDS},
)
DIGEST = idempotency.digest_of(1, None, "body")


async def remember(database: Database, ref_id: int, *, scope: str = "s", key: str = "k", allowed: bool = True) -> int:
    keys = [idempotency.record(scope, key, DIGEST, ref_id)]
    return len(await REMEMBER.run(database, {"keys": keys, "allowed": allowed}))


async def kept(database: Database) -> list[tuple[str, str, int]]:
    rows = await database.fetch("select scope, key, ref_id from idempotency order by ref_id")
    return [(row["scope"], row["key"], row["ref_id"]) for row in rows]


async def test_a_key_gives_the_first_answer(database: Database):
    assert await idempotency.first_answer(database, "s", "k", DIGEST) is None
    assert await remember(database, 2**62) == 1
    assert await idempotency.first_answer(database, "s", "k", DIGEST) == 2**62


async def test_other_input_under_a_known_key_is_refused(database: Database):
    await remember(database, 7)
    with pytest.raises(Refusal) as refusal:
        await idempotency.first_answer(database, "s", "k", idempotency.digest_of(1, None, "other"))
    assert (refusal.value.code, refusal.value.path) == (ErrorCode.IDEMPOTENCY_MISMATCH, ("idempotencyKey",))
    assert await kept(database) == [("s", "k", 7)]


async def test_a_key_belongs_to_its_scope(database: Database):
    await remember(database, 7)
    assert await idempotency.first_answer(database, "other", "k", DIGEST) is None
    await remember(database, 8, scope="other")
    assert await idempotency.first_answer(database, "other", "k", DIGEST) == 8
    assert await idempotency.first_answer(database, "s", "k", DIGEST) == 7


async def test_a_key_is_stored_once(database: Database):
    await remember(database, 7)
    with pytest.raises(UniqueViolation):
        await remember(database, 8)
    assert await kept(database) == [("s", "k", 7)]


async def test_a_refused_write_remembers_nothing(database: Database):
    assert await remember(database, 7, allowed=False) == 0
    assert await kept(database) == []


@pytest.mark.parametrize("key", ["k", "ü" * 200, "🚗 a-b_c/d+e=", "'; drop table idempotency; --"])
async def test_printable_keys_up_to_the_limit_are_taken_as_they_are(database: Database, key: str):
    await remember(database, 7, key=key)
    assert await idempotency.first_answer(database, "s", key, DIGEST) == 7


@pytest.mark.parametrize("key", ["", "a" * 201, "a\0b", "a\nb", "\t", "\ud800", "a\u200bb", "\x7f"])
async def test_a_key_that_is_none_is_refused(database: Database, key: str):
    with pytest.raises(FieldRefusal) as refusal:
        await idempotency.first_answer(database, "s", key, DIGEST)
    assert (refusal.value.code, refusal.value.path) == (ErrorCode.INVALID, ("idempotencyKey",))
    assert (refusal.value.least, refusal.value.most) == (1, 200)
    assert await kept(database) == []


def test_a_digest_tells_inputs_apart():
    inputs = [(), (None,), ("",), ("a", "b"), ("ab",), ("a", "", "b"), (1,), ("1",), (True,), ([1],), (["a", "b"],)]
    assert len({idempotency.digest_of(*parts) for parts in inputs}) == len(inputs)
    assert idempotency.digest_of(1, "a") == idempotency.digest_of(1, "a")
    assert len(idempotency.digest_of(1)) == 64


async def test_old_keys_are_forgotten_and_young_ones_stay(database: Database):
    for ref_id, days in ((1, 8), (2, 6)):
        await remember(database, ref_id, key=str(ref_id))
        await database.write(
            "update idempotency set at = {as_instant at} where ref_id = :id",
            {"at": now() - timedelta(days=days), "id": ref_id},
        )
    await idempotency.prune(database, now() - timedelta(days=7))
    assert await kept(database) == [("s", "2", 2)]
