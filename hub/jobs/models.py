from tortoise import fields
from tortoise.models import Model

from hub.store.instants import InstantField


class JobRow(Model):
    """Work that is queued, under way (`claim`) or given up (`dead_at`). What is done has no row.

    `run_at` is when a worker may take it. While it is under way that is the end of its lease, so that what a dead
    process held comes up again by itself. `attempts` are counted when it is taken, `crashes` when it is taken from
    one who let the lease end. Both begin anew with each checkpoint. `again`: its key was queued while it ran.
    """

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(max_length=60)
    key = fields.CharField(max_length=200, null=True)
    arguments: fields.JSONField[dict[str, object]] = fields.JSONField()
    progress: fields.JSONField[dict[str, object] | None] = fields.JSONField(null=True)
    priority = fields.IntField()
    run_at = InstantField()
    attempts = fields.IntField(db_default=0)
    attempts_limit = fields.IntField()
    crashes = fields.IntField(db_default=0)
    claim = fields.BigIntField(null=True)
    again = fields.BooleanField(db_default=False)
    reason = fields.CharField(max_length=300, null=True)
    created_at = InstantField()
    started_at = InstantField(null=True)
    dead_at = InstantField(null=True)

    class Meta(Model.Meta):
        table = "jobs"
