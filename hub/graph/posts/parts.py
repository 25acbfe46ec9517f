"""What hangs on a post: its picture and topic, its languages, what was appended to it, what it said before."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import strawberry

from hub.graph.connections import Connection
from hub.graph.context import Info
from hub.graph.declarations import LISTING_LIMIT
from hub.graph.fields import column, connection, global_id, one, part
from hub.graph.interfaces import Node
from hub.graph.lazy import lazy
from hub.graph.paging import page_arguments
from hub.graph.scalars import URL, Locale
from hub.graph.values import Body
from hub.posts.loaders import posts_of_topic, translations_of_post
from hub.store.loaders import Page
from hub.users.loaders import user_by_id

User = Annotated["Any", lazy("hub.graph.users.types", "User")]
Post = Annotated["Any", lazy("hub.graph.posts.types", "Post")]

Language = Annotated[
    Locale | None,
    strawberry.argument(description="Wished language; null for the viewer's own, as in `viewer.locale`."),
]


@strawberry.type(description="The picture above a post. The hub stores its address and never fetches it.")
class HeroImage:
    url: URL = column("hero_url", description="Its `https` address, at most 500 characters.")
    alt: str = column("hero_alt", description="What it shows, for those who do not see it; at most 500 characters.")


@strawberry.type(description="A post in one language.")
class PostTranslation:
    locale: Locale = column(description="The language.")
    title: str = column(description="One line, at most 200 characters (`HUB_TITLE_LENGTH`).")
    summary: str | None = column(description="In a sentence or two; null where nobody wrote one.")
    body: Body = part(description="The text.")
    machine: bool = column(description="Whether a machine translated it.")


@strawberry.type(description="A word on how a post goes on, appended to it and never changed.")
class PostUpdate(Node):
    id: strawberry.ID = global_id("PostUpdate")
    body: Body = part(description="The text.")
    author: User | None = one(user_by_id, "author_id", description="Who wrote it; null for lost accounts.")
    published_at: datetime = column(description="When it was appended.")
    notified_participants: bool = column("notified", description="Whether those who took part were told of it.")


@strawberry.type(description="What somebody whom a post asks has answered.")
class OfficialResponse(Node):
    id: strawberry.ID = global_id("OfficialResponse")
    sender: str = column("sender", called="from", description="Who answered, at most 200 characters.")
    body: Body = part(description="The answer, or what it says.")
    published_at: datetime = column(description="When it was put here.")
    outcome: str | None = column(description="What came of it, at most 500 characters; null while that is open.")


@strawberry.type(description="A text as one save left it. What was never shown to the public only its team sees.")
class Revision(Node):
    id: strawberry.ID = global_id("Revision")
    version: int = column(description="The version that this save made.")
    editor: User | None = one(user_by_id, "editor_id", description="Who saved it; null for lost accounts.")
    edited_at: datetime = column(description="When it was saved.")
    title: str = column(description="The title it had.")
    body: Body = part(description="The text it had.")
    diff: str | None = column(
        description="What changed in title and text since the version before, as a unified diff without file names;"
        " empty where they stayed, null for the first version that was shown, or saved at all."
    )
    reason: str | None = column(description="Why, in the editor's words; at most 500 characters.")


@strawberry.type(description="What several posts are about.")
class Topic(Node):
    id: strawberry.ID = global_id("Topic")
    slug: str = column(description="Unique name for addresses.")
    name: str = column(description="What people call it, at most 120 characters.")
    posts: Connection[Post] = connection(
        posts_of_topic, arguments=page_arguments, description="Published posts about it, newest first."
    )


async def in_language(post: Any, info: Info, wished: str | None) -> Any:
    """The text that fits best: in the wished language, else in another form of it, else as it was written."""
    page = Page(LISTING_LIMIT)
    translations = (await info.context.reader.many(translations_of_post, post["id"], page)).rows
    wish = wished or (translations[0]["viewer_locale"] if translations else None) or post["locale"]
    own = {**post, "machine": False}
    return nearest(wish, [own, *translations])


def nearest(wish: str, texts: Sequence[Any]) -> Any:
    """The first one in case of doubt."""
    exact, language = wish.lower(), wish.lower().partition("-")[0]
    for text in texts:
        if text["locale"].lower() == exact:
            return text
    for text in texts:
        if text["locale"].lower().partition("-")[0] == language:
            return text
    return texts[0]
