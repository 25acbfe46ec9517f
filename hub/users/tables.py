from hub.store.audience import Standing
from hub.store.tables import Derived, Table
from hub.users.models import AccountRow, BlockRow, SanctionRow, UserRow
from hub.users.rules import IN_FORCE, has_blocked, visible_sanctions

_STATUS = f"""case when {{t}}.status <> 'ACTIVE' then {{t}}.status else case
    (select min(case x.kind when 'BAN' then 1 when 'SUSPENSION' then 2 else 3 end) from sanctions x
     where x.user_id = {{t}}.id and x.kind <> 'WARNING' and {IN_FORCE.replace("{t}", "x")})
    when 1 then 'BANNED' when 2 then 'SUSPENDED' when 3 then 'RESTRICTED' else 'ACTIVE' end end"""


def _by(standing: Standing) -> str:
    return "{t}.by_id" if standing.staff else "cast(null as bigint)"


def _blocked_by_viewer(standing: Standing) -> str:
    return has_blocked(standing, "{t}.id")


users = Table(
    UserRow,
    "User",
    derived={"status": Derived(_STATUS, "text"), "viewer_blocked": Derived(_blocked_by_viewer, "bool")},
)
# Whoever reaches one came through the person whose it is.
blocks = Table(BlockRow, "")
# Declared for writing in bulk; no field of the graph may name it.
accounts = Table(AccountRow, "", visible=lambda _standing: "false")
sanctions = Table(
    SanctionRow, "Sanction", visible=visible_sanctions, derived={"shown_by_id": Derived(_by, "id", null=True)}
)
