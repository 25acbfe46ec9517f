from collections.abc import Mapping
from typing import Annotated, Any

import strawberry

from hub.graph.context import Info
from hub.graph.directives import ApiScope
from hub.graph.fields import lookup, shown_directives
from hub.graph.ids import row_id
from hub.graph.scalars import Locale, TimeZone
from hub.graph.users.types import Sanction, User, Viewer, sanctions_on
from hub.store.loaders import Loader
from hub.users.accounts import account_of
from hub.users.handles import handle_key
from hub.users.loaders import user_by_handle, user_by_id

UserId = Annotated[strawberry.ID, strawberry.argument(description="The person.")]
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
            user=user,
            email=account.email,
            email_verified=account.email_verified,
            locale=Locale(account.locale),
            time_zone=TimeZone(account.time_zone),
        )

    @strawberry.field(
        description="What was laid on a person, over or not; the 100 newest, newest first. Staff see all, others their"
        " own.",
        directives=shown_directives(cost=2, scope=ApiScope.MODERATE),
    )
    async def sanctions(self, info: Info, user_id: UserId) -> list[Sanction]:
        return await sanctions_on(info, row_id(user_id, "User", "userId"))

    user: User | None = lookup(
        _find, [user_by_handle], arguments=_arguments, description="A person by handle; null when nobody has it."
    )
