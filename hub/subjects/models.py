from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.models import Model

from hub.clubs.models import ClubRow
from hub.store.instants import InstantField
from hub.users.models import UserRow


class SubjectRow(Model):
    """What can be commented on. Thread, post and event rows share its id, comments know only this.

    `state` rises with each change of mode, freeze, visibility or owner: a write asserts the state its rules judged.
    """

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(max_length=10)
    author: fields.ForeignKeyNullableRelation[UserRow] = fields.ForeignKeyField(
        "models.UserRow", on_delete=OnDelete.RESTRICT, null=True
    )
    club: fields.ForeignKeyNullableRelation[ClubRow] = fields.ForeignKeyField(
        "models.ClubRow", on_delete=OnDelete.RESTRICT, null=True
    )
    category_id = fields.BigIntField(null=True)
    visibility = fields.CharField(max_length=20, db_default="PUBLIC")
    mode = fields.CharField(max_length=20, db_default="OPEN")
    state = fields.IntField(db_default=1)
    frozen_at = InstantField(null=True)
    freeze_reason = fields.CharField(max_length=500, null=True)
    banner = fields.CharField(max_length=1000, null=True)
    successor_kind = fields.CharField(max_length=10, null=True)
    successor_id = fields.BigIntField(null=True)
    closes_at = InstantField(null=True)
    announcement = fields.CharField(max_length=1000, null=True)
    comment_count = fields.IntField(db_default=0)
    last_number = fields.IntField(db_default=0)
    created_at = InstantField()
    last_activity_at = InstantField()

    class Meta(Model.Meta):
        table = "subjects"
