"""What is appended to a published post: words on how it goes on, and what those asked have answered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hub.audit.recording import ENTRIES, RECORD, entry
from hub.jobs.kinds import WORK
from hub.jobs.queue import BELL, ENQUEUE
from hub.live import log
from hub.live.backend import Backend
from hub.posts.commands.found import TRIES, Saved, busy, found_post
from hub.posts.commands.texts import ensure_body, stored
from hub.posts.notices import POST_UPDATED
from hub.posts.rules import ensure_policy_team, ensure_published
from hub.refusals import ErrorCode, FieldRefusal
from hub.store import idempotency
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.database import UniqueViolation
from hub.store.ids import new_id
from hub.text.plain import ensure_line
from hub.users.happenings import HAPPENED, Happened

_SENDER, _OUTCOME = 200, 500
_RECORDS = {"facts": log.FACTS, "keys": idempotency.KEY_RECORDS, "entries": ENTRIES, "work": WORK}


@dataclass(frozen=True)
class _Addition:
    """`what` is done to a post when a row is put into `table`."""

    what: str
    table: str
    chain: Chain


def _addition(what: str, table: str, own: str, values: str) -> _Addition:
    """A post has as many rows as its lists show; who comes too late is judged anew and hears so."""
    chain = Chain(
        (
            Step(
                "taken",
                f"""update subjects set last_activity_at = {{now}}
                    where id = {{as_id stream}} and state = {{as_int state}}
                        and (select count(*) from {table} x where x.post_id = {{as_id stream}}) < {{as_int most}}
                    returning id""",
            ),
            Step(
                "appended",
                f"""insert into {table} (id, post_id, {own}, body_source, body_html, body_excerpt, published_at)
                    select {{as_id row}}, id, {values}, :source, :html, :excerpt, {{now}} from taken returning id""",
            ),
            *log.TELL,
            ENQUEUE,
            idempotency.REMEMBER,
            RECORD,
        ),
        answer="taken",
        records=_RECORDS,
    )
    return _Addition(what, table, chain)


_UPDATE = _addition("updated", "post_updates", "author_id, notified", "{as_id author}, {as_bool notified}")
_RESPONSE = _addition("answered", "post_responses", "sender, outcome", ":sender, {as_text outcome}")


async def add_update(backend: Backend, viewer: Viewer, *, post_id: int, body: str, notify: bool, key: str) -> Saved:
    """A word on how the post goes on; its participants are told of it if so wished. Safe to repeat with the key."""
    user_id = ensure_policy_team(viewer)
    update_id = new_id()

    async def values() -> dict[str, Any]:
        return {"author": user_id, "notified": notify, **stored(await ensure_body(backend, body))}

    told = [HAPPENED.job(Happened("POST_UPDATE", "POST", post_id, user_id, update_id))] if notify else []
    given = (post_id, body, notify)
    return await _append(backend, viewer, _UPDATE, post_id, update_id, values, given, key, told)


async def add_response(
    backend: Backend, viewer: Viewer, *, post_id: int, sender: str, outcome: str | None, body: str, key: str
) -> Saved:
    """What somebody whom the post asks has answered, and what came of it. Those who take part in the post or follow
    it are told. Safe to repeat with the same key."""
    user_id = ensure_policy_team(viewer)
    response_id = new_id()

    async def values() -> dict[str, Any]:
        return {
            "sender": ensure_line(sender, "from", least=1, most=_SENDER),
            "outcome": ensure_line(outcome, "outcome", least=1, most=_OUTCOME) if outcome else None,
            **stored(await ensure_body(backend, body)),
        }

    told = [HAPPENED.job(Happened("OFFICIAL_RESPONSE", "POST", post_id, user_id, response_id))]
    given = (post_id, sender, outcome, body)
    return await _append(backend, viewer, _RESPONSE, post_id, response_id, values, given, key, told)


async def _append(
    backend: Backend,
    viewer: Viewer,
    addition: _Addition,
    post_id: int,
    row: int,
    made: Callable[[], Any],
    given: tuple[Any, ...],
    key: str,
    work: list[dict[str, Any]],
) -> Saved:
    scope, digest = f"post.{addition.what}:{viewer.user_id}", idempotency.digest_of(*given)
    for _ in range(TRIES):
        post = await found_post(backend, viewer, post_id, "postId")
        if await idempotency.first_answer(backend.database, scope, key, digest) is not None:
            return Saved(post_id, replayed=True)
        ensure_published(post, "postId")
        await _ensure_room(backend, addition.table, post_id)
        values = {
            **await made(),
            "stream": post_id,
            "state": post["state"],
            "most": backend.settings.post_additions,
            "row": row,
            "facts": log.facts(POST_UPDATED, post_id),
            "work": work,
            "keys": [idempotency.record(scope, key, digest, post_id)],
            "entries": entry(viewer, f"post.{addition.what}", ("Post", post_id), club_id=post["club_id"]),
        }
        try:
            taken = await addition.chain.run(backend.database, values)
        except UniqueViolation:
            continue
        if taken:
            backend.relay.tell(post_id)
            backend.relay.tell(BELL)
            return Saved(post_id)
    raise busy()


async def _ensure_room(backend: Backend, table: str, post_id: int) -> None:
    most = backend.settings.post_additions
    sql = f"select count(*) as there from {table} where post_id = :post"
    (row,) = await backend.database.fetch(sql, {"post": post_id})
    if row["there"] >= most:
        raise FieldRefusal(
            ErrorCode.TOO_LONG, f"A post has at most {most} of these: write a new post.", "postId", most=most
        )
