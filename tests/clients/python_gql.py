"""gql for Python: queries and mutations by httpx, subscriptions over a socket that connects again by itself.

HUB_TOKEN=$(hub token ines) python tests/clients/python_gql.py 127.0.0.1:8000 SUBJECT
"""

import asyncio
import json
import os
import sys
import uuid
from contextlib import aclosing
from typing import Any

from gql import Client, GraphQLRequest
from gql.client import ReconnectingAsyncClientSession
from gql.transport.exceptions import TransportClosed, TransportConnectionFailed
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport
from tenacity import retry, wait_fixed

PAGE = """query Page($id: ID!) {
  node(id: $id) { ... on Commentable { id liveCursor comments(first: 100, rootOnly: false) { nodes { id number } } } }
}"""
ADD = """mutation Add($input: AddCommentInput!) {
  addComment(input: $input) { comment { id number } errors { code message } }
}"""
LIVE = """subscription Live($id: ID!, $after: LiveCursor) {
  commentStream(subjectId: $id, after: $after) {
    __typename
    ... on Change { cursor }
    ... on CommentAdded { comment { id number body { source } } }
    ... on CaughtUp { replayed }
  }
}"""

ADDRESS, SUBJECT = sys.argv[1:]
HEADERS = {"Authorization": f"Bearer {os.environ['HUB_TOKEN']}"}
BLINK = 0.1  # tests have no time; else leave the library's own waits, which grow


def say(**told: Any) -> None:
    print(json.dumps(told), flush=True)


async def main() -> None:
    async with Client(transport=HTTPXAsyncTransport(f"http://{ADDRESS}/graphql", headers=HEADERS)) as http:
        page = (await http.execute(GraphQLRequest(PAGE, variable_values={"id": SUBJECT})))["node"]
        say(page=sorted(comment["number"] for comment in page["comments"]["nodes"]))
        written = {"subjectId": SUBJECT, "body": "Hello from gql.", "idempotencyKey": str(uuid.uuid4())}
        added = (await http.execute(GraphQLRequest(ADD, variable_values={"input": written})))["addComment"]
        say(added=added["comment"]["number"])
    socket = Client(transport=WebsocketsTransport(f"ws://{ADDRESS}/graphql", init_payload=HEADERS))
    session = await socket.connect_async(reconnecting=True, retry_connect=retry(wait=wait_fixed(BLINK)))
    await follow(session, page)
    await socket.close_async()


async def follow(session: ReconnectingAsyncClientSession, page: dict[str, Any]) -> None:
    """Until somebody says "Good night.". What the page has already is a double; nothing else is dropped."""
    known, after = {comment["id"] for comment in page["comments"]["nodes"]}, page["liveCursor"]
    while True:
        request = GraphQLRequest(LIVE, variable_values={"id": SUBJECT, "after": after})
        try:
            async with aclosing(session.subscribe(request)) as answers:
                async for answer in answers:
                    change = answer["commentStream"]
                    after = change["cursor"]
                    if change["__typename"] == "CaughtUp":
                        say(caughtUp=change["replayed"])
                    if change["__typename"] == "CommentAdded" and change["comment"]["id"] not in known:
                        say(comment=change["comment"]["number"])
                        if change["comment"]["body"]["source"] == "Good night.":
                            return
        except (TransportClosed, TransportConnectionFailed):  # the session connects again, but does not subscribe again
            say(again=True)
            await asyncio.sleep(BLINK)


asyncio.run(main())
