from collections.abc import Mapping
from typing import Annotated, Any

import strawberry

from hub.comments.loaders import comment_by_id
from hub.graph.comments.types import Comment
from hub.graph.fields import lookup
from hub.graph.ids import row_id
from hub.store.loaders import Loader

CommentId = Annotated[strawberry.ID, strawberry.argument(description="Its id.")]


def _arguments(id: CommentId) -> Any: ...


def _find(arguments: Mapping[str, Any]) -> tuple[Loader, Any]:
    return comment_by_id, row_id(arguments["id"], "Comment", "id")


@strawberry.type
class CommentQueries:
    comment: Comment | None = lookup(
        _find,
        [comment_by_id],
        arguments=_arguments,
        description="A comment by id; null when it is absent or hidden.",
    )
