from hub.actions.tables import actions, form_fields
from hub.store.loaders import Loader

action_by_id = Loader(actions, "id")
action_of_post = Loader(actions, "post_id")
fields_of_action = Loader(form_fields, "action_id", many=True, order=("position",))
