from tortoise import fields
from tortoise.models import Model

from hub.store.instants import InstantField


class IdempotencyRow(Model):
    """The first answer to a create: what it made, under its author's key."""

    id = fields.BigIntField(primary_key=True)
    scope = fields.CharField(max_length=300)
    key = fields.CharField(max_length=200)
    digest = fields.CharField(max_length=64)
    ref_id = fields.BigIntField()
    at = InstantField(db_index=True)

    class Meta(Model.Meta):
        table = "idempotency"
        unique_together = (("scope", "key"),)


class KeptKeyRow(Model):
    """A key of the database's own, sealed under those of the settings."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=40, unique=True)
    sealed = fields.TextField()

    class Meta(Model.Meta):
        table = "kept_keys"
