"""The process of the readers: `python -m tests.bench.fanout.readers`. A command is a line of JSON, and so is its answer.

A reader looks for nothing in a frame but the comment's number. Numbers of a subject are dense while this bench
alone writes there, so each must be the one after the last: what is not is lost, doubled or out of order.
"""

import asyncio
import itertools
import json
import signal
import socket
import sys
import uuid
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any

import uvloop

from tests.bench.fanout.measures import spread
from tests.bench.fanout.waiting import until
from tests.bench.fanout.wire import Wire

_NUMBER = b'"number":'
_PER_SOURCE = 10_000
_PONG = b'{"type":"pong"}'
_INIT = b'{"type":"connection_init","payload":{}}'
_CURSOR = b'"cursor":"'
Subscribe = Callable[[str, str | None], bytes]


class Board:
    """What the readers of one subject got."""

    def __init__(self) -> None:
        self.arrivals: defaultdict[int, array[float]] = defaultdict(lambda: array("d"))
        self.readers: list[Reader] = []
        self.lost = self.doubled = self.out_of_order = 0

    def report(self, answers: dict[int, tuple[float, float]]) -> dict[str, Any]:
        """Of the comments that were answered since the last report."""
        last = max(answers)
        reading = [reader for reader in self.readers if not reader.stalled]
        arrivals = {number: self.arrivals.pop(number, array("d")) for number in answers}
        final = {number: max(times) for number, times in arrivals.items() if times}
        lost, doubled, out_of_order = self.lost, self.doubled, self.out_of_order
        self.lost = self.doubled = self.out_of_order = 0
        return {
            "comments": len(answers),
            "deliveries": sum(map(len, arrivals.values())),
            "lost": lost + sum(max(0, last - reader.last) for reader in reading),
            "doubled": doubled,
            "out_of_order": out_of_order,
            "ms_from_answer_to_last_delivery": spread([at - answers[number][1] for number, at in final.items()]),
            "ms_from_request_to_last_delivery": spread([at - answers[number][0] for number, at in final.items()]),
            "ms_from_answer_to_each_delivery": spread(
                [at - answers[number][1] for number, times in arrivals.items() for at in times]
            ),
        }


class Reader(Wire):
    stalled = False

    def __init__(self, crowd: "Crowd", board: Board, subscribe: Subscribe, cursor: str | None, last: int) -> None:
        self._crowd = crowd
        self._board = board
        self._subscribe = subscribe
        self._missing: set[int] = set()
        self._cursor = cursor
        self._data, self._start = b"", 0  # where the last change is
        self.last = last
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.caught_up = False
        self.gone = False

    def opened(self) -> None:
        self.send(_INIT)

    def text(self, data: bytes, start: int, stop: int) -> None:
        found = data.find(_NUMBER, start, stop)
        if found < 0:
            self._other(json.loads(data[start:stop]))
            return
        self._data, self._start = data, start
        number = int(data[found + 9 : data.index(b",", found, stop)])
        if number == self.last + 1:
            self.last = number
        else:
            self._irregular(number)
        if self.caught_up:
            self._board.arrivals[number].append(self.arrived)

    def ended(self) -> None:
        self._be_ready()
        if not self.gone:
            self._crowd.ends[str(self.close_code or "cut")] += 1

    def _irregular(self, number: int) -> None:
        if number > self.last:
            self._missing.update(range(self.last + 1, number))
            self._board.lost += number - self.last - 1
            self.last = number
        elif number in self._missing:
            self._missing.discard(number)
            self._board.lost -= 1
            self._board.out_of_order += 1
        else:
            self._board.doubled += 1

    def _be_ready(self) -> None:
        if not self.ready.done():
            self.ready.set_result(None)

    def _ask(self) -> None:
        self.send(self._subscribe(str(uuid.uuid4()), self._cursor))

    def _other(self, message: dict[str, Any]) -> None:
        match message:
            case {"type": "connection_ack"}:
                self._ask()
            case {"type": "ping"}:
                self.send(_PONG)
            case {
                "type": "next",
                "payload": {"data": {"commentStream": {"__typename": "CaughtUp", "replayed": replayed}}},
            }:
                self.caught_up = True
                self._be_ready()
                self._crowd.replayed += replayed
            case {"type": "next", "payload": {"data": {"commentStream": {"__typename": "Resync"}}}}:
                self._crowd.ends["resync"] += 1
            case {
                "type": "next" | "error",
                "payload": {"errors": [{"message": problem}, *_]} | [{"message": problem}, *_],
            }:
                self._crowd.ends[problem] += 1
                if message["type"] == "error":
                    self._ask_again()
            case {"type": "complete"}:
                self._ask_again()
            case _:
                self._crowd.ends[json.dumps(message)[:200]] += 1

    def _ask_again(self) -> None:
        """A second later, from where it is, as clients do."""
        if (found := self._data.find(_CURSOR, self._start)) >= 0:
            begin = found + len(_CURSOR)
            self._cursor = self._data[begin : self._data.index(b'"', begin)].decode()
        asyncio.get_running_loop().call_later(1, self._ask)


class Crowd:
    def __init__(self) -> None:
        self.ends: Counter[str] = Counter()
        self._boards: defaultdict[str, Board] = defaultdict(Board)
        self._readers: list[Reader] = []
        self.replayed = 0

    async def open(
        self, port: int, document: str, subjects: list[dict[str, Any]], at_once: int, narrow: int, patience: float
    ) -> dict[str, Any]:
        """Of each subject `count` readers, who take its `positions` [cursor, number] in turn. Answers when all have
        caught up; no more than `at_once` are on their way to it. The first `narrow` ones have small windows, so that
        a server feels it soon when they do not read.
        """
        readers: list[Reader] = []
        for subject in subjects:
            board, positions = self._boards[subject["id"]], subject["positions"]
            subscribe = _subscribe(document, subject["id"])
            chosen = itertools.islice(itertools.cycle(positions), subject["count"])
            new = [Reader(self, board, subscribe, cursor, number) for cursor, number in chosen]
            board.readers += new
            readers += new
        self.replayed = 0
        begun, doors = monotonic(), asyncio.Semaphore(at_once)
        with suppress(TimeoutError):
            async with asyncio.timeout(patience), asyncio.TaskGroup() as group:
                for place, reader in enumerate(readers):
                    group.create_task(self._seat(reader, port, place, doors, small=place < narrow))
        self._readers += readers
        return {
            "caught_up": sum(reader.caught_up for reader in readers),
            "caught_up_s": round(monotonic() - begun, 2),
            "replayed": self.replayed,
        }

    async def until(self, subject: str, number: int, patience: float) -> dict[str, Any]:
        """Answers when all readers of a subject who read have this comment, or after `patience` seconds."""
        readers = [reader for reader in self._boards[subject].readers if not reader.stalled]
        await until(lambda: all(reader.last >= number for reader in readers), patience)
        return {"behind": sum(reader.last < number for reader in readers)}

    async def report(self, subject: str, answers: dict[str, list[float]]) -> dict[str, Any]:
        numbered = {int(number): (sent, answered) for number, (sent, answered) in answers.items()}
        return self._boards[subject].report(numbered)

    async def stall(self, count: int) -> dict[str, Any]:
        """So many more of the readers stop reading, for good."""
        chosen = [reader for reader in self._readers if not reader.stalled][:count]
        for reader in chosen:
            reader.stalled = True
            reader.transport.pause_reading()
        return {"stalled": len(chosen)}

    async def leave(self) -> dict[str, Any]:
        """Half say goodbye, half are cut off; all is forgotten of them."""
        for place, reader in enumerate(self._readers):
            reader.gone = True
            if place % 2 or reader.stalled:
                reader.transport.abort()
            else:
                reader.close()
        left = len(self._readers)
        self._readers.clear()
        self._boards.clear()
        return {"left": left}

    async def ended(self) -> dict[str, Any]:
        """How sockets ended that we did not end, and what was sent besides changes."""
        ends = dict(self.ends)
        self.ends.clear()
        return ends

    async def _seat(self, reader: Reader, port: int, place: int, doors: asyncio.Semaphore, *, small: bool) -> None:
        connection = socket.socket()
        connection.setblocking(False)
        if small:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1460)
        if place >= _PER_SOURCE:
            connection.bind((f"127.0.0.{1 + place // _PER_SOURCE}", 0))
        loop = asyncio.get_running_loop()
        async with doors:
            try:
                await loop.sock_connect(connection, ("127.0.0.1", port))
                await loop.create_connection(lambda: reader, sock=connection)
                await reader.ready
            except OSError as problem:
                self.ends[f"no connection: {problem!r}"] += 1


def _subscribe(document: str, subject: str) -> Subscribe:
    def message(operation: str, cursor: str | None) -> bytes:
        payload = {"query": document, "variables": {"s": subject, "a": cursor}}
        return json.dumps({"type": "subscribe", "id": operation, "payload": payload}).encode()

    return message


async def _serve() -> None:
    crowd = Crowd()
    while line := await asyncio.to_thread(sys.stdin.readline):
        command = json.loads(line)
        answer = await getattr(crowd, command.pop("do"))(**command)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    uvloop.run(_serve())
