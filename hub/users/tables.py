from hub.store.audience import Standing
from hub.store.tables import Derived, Table
from hub.users.models import AccountRow, BlockRow, UserRow
from hub.users.rules import has_blocked


def _blocked_by_viewer(standing: Standing) -> str:
    return has_blocked(standing, "{t}.id")


users = Table(UserRow, "User", derived={"viewer_blocked": Derived(_blocked_by_viewer, "bool")})
# Declared for writing in bulk; no field of the graph may name it.
accounts = Table(AccountRow, "", visible=lambda _standing: "false")
# Whoever reaches one came through the person whose it is.
blocks = Table(BlockRow, "")
