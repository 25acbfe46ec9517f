from collections.abc import Mapping
from typing import Annotated, Any

import strawberry

from hub.graph.context import Info
from hub.graph.fields import lookup
from hub.graph.scalars import Locale, TimeZone
from hub.graph.users.types import User, Viewer
from hub.store.loaders import Loader
from hub.users.accounts import account_of
from hub.users.loaders import user_by_handle, user_by_id
from hub.users.rules import handle_key

Handle = Annotated[str, strawberry.argument(description="Unique name, without regard to case.")]


def _arguments(handle: Handle) -> Any: ...


def _find(arguments: Mapping[str, Any]) -> tuple[Loader, Any]:
    return user_by_handle, handle_key(arguments["handle"])


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

    user: User | None = lookup(
        _find, [user_by_handle], arguments=_arguments, description="A person by handle; null when nobody has it."
    )
