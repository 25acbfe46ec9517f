from hub.store.loaders import Loader, Via
from hub.users.tables import blocks, sanctions, users

user_by_id = Loader(users, "id")
user_by_handle = Loader(users, "handle_key")
people_blocked_by = Loader(users, "user_id", many=True, order=("-at", "-id"), via=Via(blocks, "user_id", "blocked_id"))

sanction_by_id = Loader(sanctions, "id")
sanctions_of_user = Loader(sanctions, "user_id", many=True, order=("-at", "-id"))
