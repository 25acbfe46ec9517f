from typing import Annotated, Any

import strawberry

from hub.comments.loaders import comment_by_id
from hub.graph.comments.types import Comment
from hub.graph.context import Info
from hub.graph.ids import row_id

CommentId = Annotated[strawberry.ID, strawberry.argument(description="Its id.")]


@strawberry.type
class CommentQueries:
    @strawberry.field(description="A comment by id; null when it is absent or hidden.")
    async def comment(self, info: Info, id: CommentId) -> Comment | None:
        found: Any = await info.context.reader.one(comment_by_id, row_id(id, "Comment", "id"))
        return found
