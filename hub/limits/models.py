from tortoise import fields
from tortoise.models import Model

from hub.store.instants import InstantField


class UsageRow(Model):
    """How much of something an app used in one hour, and when that began."""

    id = fields.BigIntField(primary_key=True)
    app_id = fields.BigIntField()
    hour = InstantField(db_index=True)
    what = fields.CharField(max_length=200)
    amount = fields.BigIntField()

    class Meta(Model.Meta):
        table = "usage"
        unique_together = (("app_id", "hour", "what"),)
