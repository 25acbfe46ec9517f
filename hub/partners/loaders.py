from hub.partners.rules import OWNED_CLUB
from hub.partners.tables import api_tokens, app_grants, partner_apps
from hub.store.loaders import Loader

_GOOD = "{t}.revoked_at is null and {t}.expires_at > {now}"

app_by_id = Loader(partner_apps, "id")
apps_by_name = Loader(partner_apps, None, many=True, order=("name", "id"))
apps_of_club = Loader(partner_apps, "club_id", many=True, where=OWNED_CLUB, order=("name", "id"))

token_by_id = Loader(api_tokens, "id", where=_GOOD)
tokens_of_app = Loader(
    api_tokens, "app_id", many=True, where=f"{{t}}.user_id is null and {_GOOD}", order=("created_at", "id")
)
tokens_of_scripts = Loader(
    api_tokens, "user_id", many=True, where=f"{{t}}.app_id is null and {_GOOD}", order=("created_at", "id")
)
grant_of_app = Loader(app_grants, "app_id")
grants_of_user = Loader(app_grants, "user_id", many=True, order=("since", "id"))
