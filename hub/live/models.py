from tortoise import fields
from tortoise.models import Model


class StreamRow(Model):
    """An ordered log that readers follow. `last_seq` is dense, the log reaches back to `kept_from`."""

    id = fields.BigIntField(primary_key=True)
    epoch = fields.BigIntField()
    last_seq = fields.BigIntField(db_default=0)
    kept_from = fields.BigIntField(db_default=1)

    class Meta(Model.Meta):
        table = "streams"
