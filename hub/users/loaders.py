from hub.store.loaders import Loader
from hub.users.tables import users

user_by_id = Loader(users, "id")
user_by_handle = Loader(users, "handle_key")
