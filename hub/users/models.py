from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.models import Model

from hub.store.instants import InstantField


class UserRow(Model):
    """What others may see of a person. Address and password are in `accounts`."""

    id = fields.BigIntField(primary_key=True)
    handle = fields.CharField(max_length=60)
    handle_key = fields.CharField(max_length=60, unique=True)
    display_name = fields.CharField(max_length=120)
    avatar_url = fields.CharField(max_length=500, null=True)
    body_source = fields.TextField(null=True)
    body_html = fields.TextField(null=True)
    body_excerpt = fields.TextField(null=True)
    role = fields.CharField(max_length=20, db_default="MEMBER")
    trust = fields.CharField(max_length=20, db_default="NEW")
    status = fields.CharField(max_length=20, db_default="ACTIVE")
    joined_at = InstantField()
    legacy_system = fields.CharField(max_length=120, null=True)
    legacy_id = fields.CharField(max_length=80, null=True)
    legacy_url = fields.CharField(max_length=500, null=True)
    imported_at = InstantField(null=True)
    claimed_at = InstantField(null=True)

    class Meta(Model.Meta):
        table = "users"
        unique_together = (("legacy_system", "legacy_id"),)


class AccountRow(Model):
    """How a person signs in, shown to nobody else. Shares its id with the user."""

    id = fields.BigIntField(primary_key=True)
    email = fields.CharField(max_length=254, null=True)
    email_key = fields.CharField(max_length=254, null=True, unique=True)
    email_verified_at = InstantField(null=True)
    wanted_email = fields.CharField(max_length=254, null=True)
    password_hash = fields.CharField(max_length=200, null=True)
    locale = fields.CharField(max_length=35, db_default="en")
    time_zone = fields.CharField(max_length=60, db_default="UTC")

    class Meta(Model.Meta):
        table = "accounts"


class RegistrationRow(Model):
    """Somebody who wants to join. Becomes a person of the same id when the address is verified."""

    id = fields.BigIntField(primary_key=True)
    handle = fields.CharField(max_length=60)
    display_name = fields.CharField(max_length=120)
    email = fields.CharField(max_length=254)
    password_hash = fields.CharField(max_length=200)
    at = InstantField()

    class Meta(Model.Meta):
        table = "registrations"


class SessionRow(Model):
    """One sign-in, kept alive by its refresh token. Digests of the present one and of the one spent last."""

    id = fields.BigIntField(primary_key=True)
    user: fields.ForeignKeyRelation[UserRow] = fields.ForeignKeyField(
        "models.UserRow", on_delete=OnDelete.RESTRICT, db_index=True
    )
    device = fields.CharField(max_length=100, null=True)
    started_at = InstantField()
    last_seen_at = InstantField()
    refresh_digest = fields.CharField(max_length=64)
    spent_digest = fields.CharField(max_length=64, null=True)
    expires_at = InstantField()
    ended_at = InstantField(null=True)

    class Meta(Model.Meta):
        table = "sessions"


class SanctionRow(Model):
    """What staff laid on a person. In force until it ends or is lifted, by the clock of the database."""

    id = fields.BigIntField(primary_key=True)
    user: fields.ForeignKeyRelation[UserRow] = fields.ForeignKeyField("models.UserRow", on_delete=OnDelete.RESTRICT)
    kind = fields.CharField(max_length=20)
    reason = fields.CharField(max_length=1000)
    by_id = fields.BigIntField(null=True)
    at = InstantField()
    expires_at = InstantField(null=True)
    lifted_at = InstantField(null=True)
    lifted_by_id = fields.BigIntField(null=True)

    class Meta(Model.Meta):
        table = "sanctions"


class TokenRow(Model):
    """An opaque bearer token, only its hash is stored."""

    id = fields.BigIntField(primary_key=True)
    user: fields.ForeignKeyRelation[UserRow] = fields.ForeignKeyField(
        "models.UserRow", on_delete=OnDelete.RESTRICT, db_index=True
    )
    session: fields.ForeignKeyNullableRelation[SessionRow] = fields.ForeignKeyField(
        "models.SessionRow", on_delete=OnDelete.RESTRICT, null=True, db_index=True
    )
    digest = fields.CharField(max_length=64, unique=True)
    created_at = InstantField()
    expires_at = InstantField()
    revoked_at = InstantField(null=True)

    class Meta(Model.Meta):
        table = "tokens"


class BlockRow(Model):
    """That one person wants to read nothing of another. The other is not told."""

    id = fields.BigIntField(primary_key=True)
    user: fields.ForeignKeyRelation[UserRow] = fields.ForeignKeyField(
        "models.UserRow", related_name="blocks_made", on_delete=OnDelete.RESTRICT
    )
    blocked: fields.ForeignKeyRelation[UserRow] = fields.ForeignKeyField(
        "models.UserRow", related_name="blocks_met", on_delete=OnDelete.RESTRICT
    )
    at = InstantField()

    class Meta(Model.Meta):
        table = "blocks"
        unique_together = (("user_id", "blocked_id"),)
