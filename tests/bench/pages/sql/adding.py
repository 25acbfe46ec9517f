"""`addComment` with all that the hub's own write does: number, counts, log and idempotency key.

One statement in PostgreSQL; SQLite, which cannot write in a `with`, takes one short transaction of several.
"""

import hashlib
import sqlite3
from typing import Any

import asyncpg

from hub.store.ids import new_id
from hub.store.instants import now, to_text
from hub.text.markdown import render
from tests.bench.pages.sql.text import Dialect

_WRITER = "select user_id from tokens where digest = $1 and revoked_at is null and expires_at > {now}"
_TAKEN = """update subjects set last_number = last_number + 1, comment_count = comment_count + 1,
        last_activity_at = {now}
    where id = $2::bigint and mode = 'OPEN' and visibility = 'PUBLIC' and (frozen_at is null or frozen_at > {now})
        and (closes_at is null or closes_at > {now}) and exists (select 1 from who)
    returning id, kind, last_number, comment_count"""
_ADDED = """insert into comments (id, subject_id, subject_kind, number, path, author_id, body_source, body_html,
        body_excerpt, created_at, idempotency_key)
    select $3::bigint, taken.id, taken.kind, taken.last_number, substr(cast(10000000000 + taken.last_number as text), 2),
        who.user_id, $4, $5, $6, {now}, $7::text from taken cross join who
    returning id, number, author_id, body_html, created_at"""
_STREAM = """update streams set last_seq = last_seq + 1 where id in (select id from taken) returning id, last_seq"""
_TOLD = """insert into log (stream_id, seq, kind, ref_id, at)
    select id, last_seq, 'comment_added', $3::bigint, {now} from stream returning seq"""
_KEPT = """insert into idempotency (id, scope, key, digest, ref_id, at)
    select $3::bigint, concat('comment:', who.user_id), $7::text, $8::text, $3::bigint, {now} from taken cross join who returning ref_id"""


def _shown(d: Dialect) -> str:
    comment = d.object(
        id=d.id("Comment", "c.id"),
        number="c.number",
        createdAt=d.time("c.created_at"),
        body=d.object(html=d.text("c.body_html")),
        author=d.person("c.author_id", "display_name"),
        subject=d.object(id=d.id("Post", "taken.id"), commentCount=d.object(value="taken.comment_count")),
    )
    payload = d.object(comment=comment, errors="'[]'")
    return d.join("""'{"data":{"addComment":'""", payload, "'}}'")


def _statement() -> str:
    steps = {
        "who": _WRITER,
        "taken": _TAKEN,
        "added": _ADDED,
        "stream": _STREAM,
        "told": _TOLD,
        "kept": _KEPT,
    }
    written = ", ".join(f"{name} as ({sql})" for name, sql in steps.items())
    clock = "date_trunc('milliseconds', clock_timestamp())"
    shown = _shown(Dialect("postgres"))
    return f"with {written.replace('{now}', clock)} select {shown} from taken cross join added c"


_STATEMENT = _statement()


async def in_postgres(pool: asyncpg.Pool, token: str, subject: int, given: dict[str, Any]) -> str | None:
    text = render(given["body"])
    key, digest = given["idempotencyKey"], hashlib.sha256(given["body"].encode()).hexdigest()
    return await pool.fetchval(
        _STATEMENT, _digest(token), subject, new_id(), text.source, text.html, text.excerpt, key, digest
    )


def in_sqlite(connection: sqlite3.Connection, token: str, subject: int, given: dict[str, Any]) -> str | None:
    text, key, comment_id, at = render(given["body"]), given["idempotencyKey"], new_id(), to_text(now())
    with connection:
        connection.execute("begin immediate")
        who = connection.execute(_plain(_WRITER), (_digest(token), at)).fetchone()
        if who is None:
            return None
        taken = connection.execute(
            """update subjects set last_number = last_number + 1, comment_count = comment_count + 1,
                   last_activity_at = ?1
               where id = ?2 and mode = 'OPEN' and visibility = 'PUBLIC' and (frozen_at is null or frozen_at > ?1)
                   and (closes_at is null or closes_at > ?1)
               returning kind, last_number""",
            (at, subject),
        ).fetchone()
        if taken is None:
            return None
        connection.execute(
            """insert into comments (id, subject_id, subject_kind, number, path, author_id, body_source, body_html,
                   body_excerpt, created_at, idempotency_key) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (comment_id, subject, *taken, f"{taken[1]:010d}", who[0], text.source, text.html, text.excerpt, at, key),
        )
        connection.execute("update streams set last_seq = last_seq + 1 where id = ?", (subject,))
        connection.execute(
            """insert into log (stream_id, seq, kind, ref_id, at)
               select id, last_seq, 'comment_added', ?, ? from streams where id = ?""",
            (comment_id, at, subject),
        )
        digest = hashlib.sha256(given["body"].encode()).hexdigest()
        connection.execute(
            "insert into idempotency (id, scope, key, digest, ref_id, at) values (?, ?, ?, ?, ?, ?)",
            (comment_id, f"comment:{who[0]}", key, digest, comment_id, at),
        )
        shown = f"select {_shown(Dialect('sqlite'))} from comments c join subjects taken on taken.id = c.subject_id"
        return connection.execute(f"{shown} where c.id = ?", (comment_id,)).fetchone()[0]


def _plain(sql: str) -> str:
    return sql.replace("$1", "?1").replace("{now}", "?2")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
