"""A partner's program: knows the public API, its app's id and two tokens, and nothing of the hub's inside.

Reads addresses of two processes, the id and both tokens from the environment, prints what it finds as one JSON object a line,
and waits for its sockets to be ended.
"""

import asyncio
import json
import os
import time
import urllib.request
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

HERE, THERE = os.environ["HERE"], os.environ["THERE"]
APP, OWN, FOR_MEMBER = os.environ["APP"], os.environ["OWN"], os.environ["FOR_MEMBER"]
EVENTS = "query ($club: String!) { club(slug: $club) { name events(first: 5) { nodes { id title club { slug } } } } }"
RSVP = """mutation ($event: ID!) { rsvp(input: {eventId: $event, choice: GOING, idempotencyKey: "script"}) {
    rsvp { status user { handle } } errors { code ... on AccessError { neededScope } } } }"""
COMMENT = """mutation ($event: ID!) { addComment(input: {subjectId: $event, body: "Hello.", idempotencyKey: "script"}) {
    comment { id } errors { code ... on AccessError { neededScope } } } }"""
USAGE = """query ($app: ID!) { node(id: $app) { ... on PartnerApp {
    limits { costPerMinute } usage(window: {}) { cost requests errors } } } }"""
STREAM = "subscription ($event: ID!) { commentStream(subjectId: $event) { __typename } }"


def say(**found: Any) -> None:
    print(json.dumps(found), flush=True)


def ask(query: str, token: str, **variables: Any) -> Any:
    request = urllib.request.Request(
        f"http://{HERE}/graphql",
        json.dumps({"query": query, "variables": variables}).encode(),
        {"Content-Type": "application/json", "Accept": "application/json", "Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def say_what_it_may_and_did_use() -> None:
    before = ask(EVENTS, OWN, club="lone-star-owners")["extensions"]["cost"]
    after = ask(EVENTS, FOR_MEMBER, club="lone-star-owners")["extensions"]["cost"]
    # Written every few seconds, by the hour.
    while not (app := ask(USAGE, OWN, app=APP)["data"]["node"])["usage"]["requests"]:
        time.sleep(0.2)
    say(budget=[before, after], app=app)


async def listen(name: str, address: str, token: str, event: str) -> None:
    async with connect(f"ws://{address}/graphql", subprotocols=["graphql-transport-ws"]) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}))
        await socket.recv()
        subscription = {"query": STREAM, "variables": {"event": event}}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": subscription}))
        await socket.recv()
        say(listening=name)
        try:
            while True:
                await socket.recv()
        except ConnectionClosed as end:
            say(ended=name, code=end.rcvd.code if end.rcvd else None)


async def main() -> None:
    say(own=ask(EVENTS, OWN, club="lone-star-owners")["data"])
    say(elsewhere=ask(EVENTS, OWN, club="cascadia-current")["data"])
    event = ask(EVENTS, FOR_MEMBER, club="lone-star-owners")["data"]["club"]["events"]["nodes"][-1]["id"]
    say(rsvp=ask(RSVP, FOR_MEMBER, event=event)["data"]["rsvp"])
    say(comment=ask(COMMENT, FOR_MEMBER, event=event)["data"]["addComment"])
    say(private=ask("{ viewer { email } }", FOR_MEMBER)["errors"][0]["extensions"])
    say_what_it_may_and_did_use()
    await asyncio.gather(
        listen("own", THERE, OWN, event),
        listen("for member", THERE, FOR_MEMBER, event),
        listen("here", HERE, OWN, event),
    )


asyncio.run(main())
