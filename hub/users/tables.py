from hub.store.tables import Table
from hub.users.models import AccountRow, UserRow

users = Table(UserRow, "User")
# Declared for writing in bulk; no field of the graph may name it.
accounts = Table(AccountRow, "", visible=lambda _standing: "false")
