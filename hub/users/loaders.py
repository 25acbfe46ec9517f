from hub.store.loaders import Loader
from hub.users.tables import sanctions, users

user_by_id = Loader(users, "id")
user_by_handle = Loader(users, "handle_key")

sanction_by_id = Loader(sanctions, "id")
sanctions_of_user = Loader(sanctions, "user_id", many=True, order=("-at", "-id"))
