from typing import Any

from tortoise import fields
from tortoise.models import Model

from hub.store.instants import InstantField


class AuditRow(Model):
    """An act, as it was. Its ids have no foreign keys, as it stays when what it is about is gone."""

    id = fields.BigIntField(primary_key=True)
    at = InstantField()
    actor_id = fields.BigIntField(null=True)
    app_id = fields.BigIntField(null=True)
    action = fields.CharField(max_length=60)
    target_kind = fields.CharField(max_length=30)
    target_id = fields.BigIntField()
    club_id = fields.BigIntField(null=True)
    before = fields.JSONField[dict[str, Any]](null=True)
    after = fields.JSONField[dict[str, Any]](null=True)
    reason = fields.CharField(max_length=500, null=True)
    request_id = fields.CharField(max_length=64)

    class Meta(Model.Meta):
        table = "audit_log"
