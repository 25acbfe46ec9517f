"""The pages that are asked for: documents over the hub's schema, and for each a fixed list of subjects.

Who reads like the others is one of them: every server here answers these documents with the same data. `peer`
holds the same subject in the variables of the peers' own operations.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.bench.pages.community import TODAY, Sizes
from tests.bench.pages.load import KEY_MARK
from tests.bench.pages.loading import Ids

_NOW = TODAY.isoformat().replace("+00:00", "Z")
_PERSON = "{ id displayName avatarUrl }"

POST = """query PostPage($id: ID!) {
  post(id: $id) {
    id title publishedAt body { html } commentCount { value } reactions { kind count } authors PERSON
    comments(first: 20) {
      nodes {
        id number createdAt replyCount body { html } author PERSON
        replies(first: 2) { nodes { id createdAt body { excerpt } author PERSON } }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""
FEED = """query Feed {
  posts(first: 20) {
    nodes {
      id title publishedAt commentCount { value } reactions { kind count } authors PERSON
      comments(first: 3) { nodes { id createdAt body { html } author PERSON } }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""
THREAD = """query ThreadPage($id: ID!) {
  thread(id: $id) {
    id title createdAt body { html } commentCount { value }
    author { id displayName avatarUrl clubs(first: 10) { nodes { club { id name } } } }
    comments(first: 50) {
      nodes {
        id number createdAt body { html }
        author { id displayName avatarUrl clubs(first: 10) { nodes { club { id name } } } }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""
CLUB = """query ClubPage($id: ID!, $from: DateTime!) {
  club(id: $id) {
    id name about { html } memberCount { value }
    events(first: 20, window: { from: $from }) {
      nodes {
        id title startsAt place { name } counts { going } hosts PERSON
        rsvps(first: 10, status: GOING) { nodes { user PERSON } }
      }
    }
    posts(first: 10) { nodes { id title publishedAt commentCount { value } authors { id displayName } } }
  }
}"""
USER = """query User($who: String!) { user(handle: $who) { displayName joinedAt } }"""
DEEP = """query Deep($who: String!, $from: DateTime!) {
  user(handle: $who) {
    id displayName
    clubs(first: 10) {
      nodes {
        club {
          id name
          events(first: 5, window: { from: $from }) {
            nodes { id title startsAt rsvps(first: 5, status: GOING) { nodes { user { id displayName } } } }
          }
        }
      }
    }
  }
}"""
ADD_COMMENT = """mutation AddComment($input: AddCommentInput!) {
  addComment(input: $input) {
    comment {
      id number createdAt body { html } author { id displayName }
      subject { ... on Post { id commentCount { value } } }
    }
    errors { code }
  }
}"""


@dataclass(frozen=True)
class Asked:
    """One subject of a page. `writer` is who asks, in a page that changes something."""

    variables: dict[str, Any]
    peer: dict[str, Any]
    writer: int | None = None


@dataclass(frozen=True)
class Page:
    """`peer` is the name of the peers' operation that shows the same."""

    name: str
    document: str
    peer: str
    pick: Callable[[Sizes, Random], Asked]

    def subjects(self, sizes: Sizes, count: int) -> list[Asked]:
        draw = Random(self.name)
        return [self.pick(sizes, draw) for _ in range(count)]


def global_id(noun: str, row_id: int) -> str:
    return base64.b64encode(f"{noun}:{row_id}".encode()).decode()


def writers(sizes: Sizes) -> list[int]:
    """The users whose tokens write."""
    return [1 + place * (sizes.users // 20) for place in range(20)]


def _post(sizes: Sizes, draw: Random) -> Asked:
    """One reader in five reads the post that everybody talks about."""
    hot = draw.random() < 0.2
    number = sizes.hot_post if hot else draw.randint(sizes.written_posts + 1, sizes.posts)
    return Asked({"id": global_id("Post", Ids(sizes).post(number))}, {"id": str(number)})


def _feed(sizes: Sizes, draw: Random) -> Asked:
    return Asked({}, {})


def _thread(sizes: Sizes, draw: Random) -> Asked:
    number = draw.randint(1, sizes.busy_threads)
    return Asked({"id": global_id("Thread", Ids(sizes).thread(number))}, {"id": str(number)})


def _club(sizes: Sizes, draw: Random) -> Asked:
    number = draw.randint(1, sizes.busy_clubs)
    return Asked({"id": global_id("Club", number), "from": _NOW}, {"id": str(number), "now": _NOW})


def _user(sizes: Sizes, draw: Random) -> Asked:
    number = draw.randint(1, sizes.users)
    return Asked({"who": f"user{number}"}, {"id": str(number)})


def _deep(sizes: Sizes, draw: Random) -> Asked:
    number = draw.randint(1, sizes.users)
    return Asked({"who": f"user{number}", "from": _NOW}, {"id": str(number), "now": _NOW})


def _add_comment(sizes: Sizes, draw: Random) -> Asked:
    number, writer = draw.randint(1, sizes.written_posts), draw.choice(writers(sizes))
    body = f"A comment of the bench {draw.randrange(10**9)}"
    given = {"subjectId": global_id("Post", Ids(sizes).post(number)), "body": body, "idempotencyKey": KEY_MARK}
    peer = {"postId": str(number), "authorId": str(writer), "body": body}
    return Asked({"input": given}, peer, writer)


PAGES = {
    page.name: page
    for page in (
        Page("post", POST.replace("PERSON", _PERSON), "q1", _post),
        Page("feed", FEED.replace("PERSON", _PERSON), "q2", _feed),
        Page("thread", THREAD, "q3", _thread),
        Page("club", CLUB.replace("PERSON", _PERSON), "q4", _club),
        Page("user", USER, "q5", _user),
        Page("deep", DEEP, "q6", _deep),
        Page("add_comment", ADD_COMMENT, "m1", _add_comment),
    )
}
