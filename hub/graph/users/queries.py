from typing import Annotated, Any

import strawberry

from hub.graph.context import Info
from hub.graph.scalars import Locale, TimeZone
from hub.graph.users.types import User, Viewer
from hub.users.accounts import account_of
from hub.users.loaders import user_by_handle, user_by_id
from hub.users.rules import handle_key

Handle = Annotated[str, strawberry.argument(description="Unique name, without regard to case.")]


@strawberry.type
class UserQueries:
    @strawberry.field(description="Whoever asks; null without a token.")
    async def viewer(self, info: Info) -> Viewer | None:
        user_id = info.context.viewer.user_id
        if user_id is None:
            return None
        user: Any = await info.context.reader.one(user_by_id, user_id)
        account = await account_of(info.context.backend.database, user_id)
        return Viewer(
            user=user, email=account.email, locale=Locale(account.locale), time_zone=TimeZone(account.time_zone)
        )

    @strawberry.field(description="A person by handle; null when nobody has it.")
    async def user(self, info: Info, handle: Handle) -> User | None:
        found: Any = await info.context.reader.one(user_by_handle, handle_key(handle))
        return found
