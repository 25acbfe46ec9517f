from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.models import Model

from hub.clubs.models import ClubRow
from hub.store.instants import InstantField
from hub.users.models import UserRow


class PartnerAppRow(Model):
    """A program of a partner. `scopes` is the most that its tokens may have. Its stream has its id."""

    id = fields.BigIntField(primary_key=True)
    owner: fields.ForeignKeyRelation[UserRow] = fields.ForeignKeyField(
        "models.UserRow", on_delete=OnDelete.RESTRICT, db_index=True
    )
    club: fields.ForeignKeyNullableRelation[ClubRow] = fields.ForeignKeyField(
        "models.ClubRow", on_delete=OnDelete.RESTRICT, null=True
    )
    name = fields.CharField(max_length=80)
    name_key = fields.CharField(max_length=80, unique=True)
    homepage = fields.CharField(max_length=500, null=True)
    status = fields.CharField(max_length=20, db_default="ACTIVE")
    scopes = fields.JSONField[list[str]](default=list)
    allowed_origins = fields.JSONField[list[str]](default=list)
    persisted_only = fields.BooleanField(db_default=False)
    version = fields.IntField(db_default=1)
    created_at = InstantField()

    class Meta(Model.Meta):
        table = "partner_apps"


class ApiTokenRow(Model):
    """A token with scopes: an app's own (without user), an app's for a member (both), a person's script's (no app)."""

    id = fields.BigIntField(primary_key=True)
    app: fields.ForeignKeyNullableRelation[PartnerAppRow] = fields.ForeignKeyField(
        "models.PartnerAppRow", on_delete=OnDelete.RESTRICT, null=True
    )
    user: fields.ForeignKeyNullableRelation[UserRow] = fields.ForeignKeyField(
        "models.UserRow", on_delete=OnDelete.RESTRICT, null=True
    )
    name = fields.CharField(max_length=80, null=True)
    digest = fields.CharField(max_length=64, unique=True)
    prefix = fields.CharField(max_length=20)
    scopes = fields.JSONField[list[str]](default=list)
    created_at = InstantField()
    last_used_at = InstantField(null=True)
    expires_at = InstantField()
    revoked_at = InstantField(null=True)

    class Meta(Model.Meta):
        table = "api_tokens"


class AppGrantRow(Model):
    """That a member lets an app act for them."""

    id = fields.BigIntField(primary_key=True)
    app: fields.ForeignKeyRelation[PartnerAppRow] = fields.ForeignKeyField(
        "models.PartnerAppRow", on_delete=OnDelete.RESTRICT
    )
    user: fields.ForeignKeyRelation[UserRow] = fields.ForeignKeyField("models.UserRow", on_delete=OnDelete.RESTRICT)
    scopes = fields.JSONField[list[str]](default=list)
    since = InstantField()

    class Meta(Model.Meta):
        table = "app_grants"
        unique_together = (("app_id", "user_id"),)
