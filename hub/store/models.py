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
