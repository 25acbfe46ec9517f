from hub.partners.models import ApiTokenRow, AppGrantRow, PartnerAppRow
from hub.partners.rules import OWNED_CLUB, visible_apps, visible_grants, visible_tokens
from hub.store.tables import Derived, Table

_USED = """(select max(gt.last_used_at) from api_tokens gt
    where gt.app_id = {t}.app_id and gt.user_id = {t}.user_id)"""

partner_apps = Table(
    PartnerAppRow,
    "PartnerApp",
    visible=visible_apps,
    derived={"manages": Derived(f"({{t}}.owner_id = :viewer or {OWNED_CLUB})", "bool", null=True)},
)
api_tokens = Table(ApiTokenRow, "AppToken", visible=visible_tokens)
app_grants = Table(
    AppGrantRow, "AppGrant", visible=visible_grants, derived={"last_used_at": Derived(_USED, "instant", null=True)}
)
