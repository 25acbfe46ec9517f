"""The run: first the hub, with what was asked for beside, then the naive way. Read `run` first."""

import asyncio
import time
from argparse import Namespace
from typing import Any

from tests.bench.fanout import storm
from tests.bench.fanout.community import Community, community
from tests.bench.fanout.crowd import Crowd, gathered
from tests.bench.fanout.documents import STREAM
from tests.bench.fanout.serving import HUB, Process, raise_files, running
from tests.bench.fanout.subjects import Followed, others, spread_over, the_post
from tests.bench.fanout.writing import Writers

_NAIVE = ("tests.bench.fanout.naive",)
_LIMITS = {"sockets_per_address": "1000000", "sockets_total": "1000000", "connections_per_address": "1000000"}
_PATIENT = {"database_wait": "300", "statement_timeout": "300"}
_WRITERS = 5
_WARM = 20
_AT_ONCE = 200
_PATIENCE = 300.0
_LONG = 2_000
_BURST = 100


async def run(asked: Namespace) -> dict[str, Any]:
    raise_files()
    async with community(asked.database) as place:
        hub = await _hub(place, asked)
        result = {
            "subscribers": asked.subscribers,
            "rate": asked.rate,
            "seconds": asked.seconds,
            "database": "postgres" if asked.database else "sqlite",
            "hub": hub,
        }
        if asked.naive:
            naive = await _naive(place, asked)
            ratio = hub["deliveries_per_cpu_s"] / naive["deliveries_per_cpu_s"]
            result |= {"naive": naive, "ratio": round(ratio, 2)}
    return result


async def _hub(place: Community, asked: Namespace) -> dict[str, Any]:
    log = place.folder / "hub.log"
    async with (
        running(place.settings, HUB, log, **_LIMITS) as server,
        gathered() as crowd,
        Writers(server.address, place.tokens[:_WRITERS], asked.length) as writers,
    ):
        end = await _warm(server, crowd, writers)
        before = server.cpu()
        followed = await spread_over(server, writers, end, asked.before)
        written = server.cpu() - before
        found = await _seat(server, crowd, followed.by(asked.subscribers))
        found["cpu_ms_per_write_without_readers"] = round(written / max(1, asked.before) * 1000, 2)
        found |= await round_of(server, crowd, writers, followed, asked)
        if asked.subjects:
            found["subjects"] = await _beside(server, crowd, writers, place, followed, asked)
        if asked.disconnect:
            found["disconnect"] = await storm.disconnect(server, crowd)
        if asked.reconnect:
            end = await the_post(server)
            found["reconnect"] = await storm.reconnect(server, crowd, followed, end, asked)
        if asked.stalled:
            async with Writers(server.address, place.tokens[:_WRITERS], _LONG) as long:
                found["stalled"] = await _stalled(server, crowd, long, asked)
        found["writes_refused"] = dict(writers.refused)
        found["refused_or_ended"] = await crowd.ask("ended")
        found["complaints_in_log"] = server.complaints()
        return found


async def _naive(place: Community, asked: Namespace) -> dict[str, Any]:
    count = min(asked.naive, asked.subscribers)
    async with (
        running(place.settings, HUB, place.folder / "hub.log") as server,
        Writers(server.address, place.tokens[:_WRITERS], asked.length) as writers,
    ):
        await writers.write((await the_post(server)).id)
        end = await the_post(server)
    async with (
        running(place.settings, _NAIVE, place.folder / "naive.log", **_PATIENT) as server,
        gathered() as crowd,
        Writers(server.address, place.tokens[:_WRITERS], asked.length) as writers,
    ):
        await _open(server, crowd, [end.by(_WARM)])
        answers = await writers.paced([end.id], 20, 0.5)
        await crowd.ask("leave")
        latest = Followed(end.id, [(None, max(answers[end.id]))])
        found = await _seat(server, crowd, latest.by(count))
        return {"subscribers": count, **found, **await round_of(server, crowd, writers, latest, asked)}


async def _warm(server: Process, crowd: Crowd, writers: Writers) -> Followed:
    """What every process pays once is no part of what a reader costs. Returns the post as it is then."""
    post = await the_post(server)
    await _open(server, crowd, [post.by(_WARM)])
    await writers.paced([post.id], 20, 0.5)
    await crowd.ask("leave")
    await asyncio.sleep(0.5)
    await crowd.ask("ended")
    return await the_post(server)


async def _seat(server: Process, crowd: Crowd, readers: dict[str, Any]) -> dict[str, Any]:
    before, cpu = server.memory_kb(), server.cpu()
    opened = await _open(server, crowd, [readers])
    spent = server.cpu() - cpu
    await asyncio.sleep(1)
    per_socket = (server.memory_kb() - before) / readers["count"]
    return {**opened, "catch_up_cpu_s": round(spent, 2), "kb_per_socket": round(per_socket, 1)}


async def _open(server: Process, crowd: Crowd, subjects: list[dict[str, Any]], narrow: int = 0) -> dict[str, Any]:
    return await crowd.ask(
        "open",
        port=server.port,
        document=STREAM,
        subjects=subjects,
        at_once=_AT_ONCE,
        narrow=narrow,
        patience=_PATIENCE,
    )


async def round_of(
    server: Process,
    crowd: Crowd,
    writers: Writers,
    followed: Followed,
    asked: Namespace,
    beside: list[Followed] = [],  # noqa: B006 - only read
) -> dict[str, Any]:
    """Comments at the rate for the time, until the last reader has the last of them. Those beside get as many."""
    cpu, begun = server.cpu(), time.monotonic()
    groups = [writers.paced([followed.id], asked.rate, asked.seconds)]
    if beside:
        groups.append(writers.paced([one.id for one in beside], asked.rate, asked.seconds))
    answers, *_ = await asyncio.gather(*groups)
    mine = answers[followed.id]
    behind = await crowd.ask("until", subject=followed.id, number=max(mine), patience=_PATIENCE)
    spent, took = server.cpu() - cpu, time.monotonic() - begun
    report = await crowd.ask("report", subject=followed.id, answers=mine)
    return {
        **report,
        **behind,
        "cpu_s": round(spent, 2),
        "cpu_share": round(spent / took, 2),
        "deliveries_per_cpu_s": round(report["deliveries"] / spent),
        "us_per_delivery": round(spent / report["deliveries"] * 1e6, 1),
    }


async def _beside(
    server: Process, crowd: Crowd, writers: Writers, place: Community, followed: Followed, asked: Namespace
) -> dict[str, Any]:
    """One other subject, then many: each has a reader, and all of them together get as many comments as the post."""
    found: dict[str, Any] = {}
    beside = await others(server, place.tokens[0], asked.subjects)
    for chosen in (beside[:1], beside):
        new = chosen if len(chosen) == 1 else chosen[1:]
        await _open(server, crowd, [one.by(1) for one in new])
        measured = await round_of(server, crowd, writers, followed, asked, chosen)
        names = ("lost", "doubled", "out_of_order", "ms_from_answer_to_last_delivery", "us_per_delivery", "cpu_s")
        found[f"with_{len(chosen)}_beside"] = {name: measured[name] for name in names}
    few, many = (one["cpu_s"] for one in found.values())
    return {**found, "growth": round(many / few, 2)}


async def _stalled(server: Process, crowd: Crowd, writers: Writers, asked: Namespace) -> dict[str, Any]:
    """A round with all, one in which some have stopped reading; then as many more stop, and SIGTERM finds them with
    frames waiting. Comments are long, so that what waits is more than the system's buffers take.
    """
    await crowd.ask("leave")
    followed = await the_post(server)
    await _open(server, crowd, [followed.by(asked.subscribers)], narrow=asked.stalled * 2)
    names = ("lost", "doubled", "out_of_order", "behind", "ms_from_answer_to_last_delivery", "us_per_delivery")
    found: dict[str, Any] = {"stalled": asked.stalled}
    for name, count in (("before", 0), ("others", asked.stalled)):
        await crowd.ask("stall", count=count)
        measured = await round_of(server, crowd, writers, followed, asked)
        found[name] = {**{key: measured[key] for key in names}, "memory_mb": round(server.memory_kb() / 1024, 1)}
    await crowd.ask("stall", count=asked.stalled)
    await writers.paced([followed.id], _BURST, 1)
    await asyncio.sleep(1)
    return {**found, "gone_after_sigterm_s": round(await server.stop(), 2)}
