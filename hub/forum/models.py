from tortoise import fields
from tortoise.models import Model

from hub.store.instants import InstantField


class CategoryRow(Model):
    id = fields.BigIntField(primary_key=True)
    slug = fields.CharField(max_length=100, unique=True)
    name = fields.CharField(max_length=120)
    description = fields.CharField(max_length=1000, null=True)
    parent_id = fields.BigIntField(null=True)
    position = fields.IntField(db_default=0)
    thread_count = fields.IntField(db_default=0)
    frozen_at = InstantField(null=True)
    freeze_reason = fields.CharField(max_length=500, null=True)
    banner = fields.CharField(max_length=1000, null=True)
    successor_kind = fields.CharField(max_length=10, null=True)
    successor_id = fields.BigIntField(null=True)
    legacy_system = fields.CharField(max_length=120, null=True)
    legacy_id = fields.CharField(max_length=80, null=True)

    class Meta(Model.Meta):
        table = "categories"
        unique_together = (("legacy_system", "legacy_id"),)


class ThreadRow(Model):
    """A forum discussion, shares its id with its `subjects` row."""

    id = fields.BigIntField(primary_key=True)
    slug = fields.CharField(max_length=120, unique=True)
    title = fields.CharField(max_length=300)
    body_source = fields.TextField()
    body_html = fields.TextField()
    body_excerpt = fields.TextField()
    tags = fields.JSONField[list[str]](default=list)
    pinned = fields.BooleanField(db_default=False)
    view_count = fields.IntField(db_default=0)
    version = fields.IntField(db_default=1)
    edited_at = InstantField(null=True)
    legacy_system = fields.CharField(max_length=120, null=True)
    legacy_id = fields.CharField(max_length=80, null=True)
    legacy_url = fields.CharField(max_length=500, null=True)
    imported_at = InstantField(null=True)

    class Meta(Model.Meta):
        table = "threads"
        unique_together = (("legacy_system", "legacy_id"),)
