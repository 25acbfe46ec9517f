from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.models import Model

from hub.store.instants import InstantField
from hub.users.models import UserRow


class ClubRow(Model):
    id = fields.BigIntField(primary_key=True)
    slug = fields.CharField(max_length=100, unique=True)
    name = fields.CharField(max_length=120)
    body_source = fields.TextField(null=True)
    body_html = fields.TextField(null=True)
    body_excerpt = fields.TextField(null=True)
    region = fields.CharField(max_length=60, null=True)
    join_policy = fields.CharField(max_length=20, db_default="OPEN")
    visibility = fields.CharField(max_length=20, db_default="PUBLIC")
    member_count = fields.IntField(db_default=0)
    owner_count = fields.IntField(db_default=0)
    version = fields.IntField(db_default=1)
    created_at = InstantField()

    class Meta(Model.Meta):
        table = "clubs"


class MembershipRow(Model):
    id = fields.BigIntField(primary_key=True)
    club: fields.ForeignKeyRelation[ClubRow] = fields.ForeignKeyField("models.ClubRow", on_delete=OnDelete.RESTRICT)
    user: fields.ForeignKeyRelation[UserRow] = fields.ForeignKeyField("models.UserRow", on_delete=OnDelete.RESTRICT)
    role = fields.CharField(max_length=20, db_default="MEMBER")
    status = fields.CharField(max_length=20, db_default="ACTIVE")
    title = fields.CharField(max_length=120, null=True)
    since = InstantField()

    class Meta(Model.Meta):
        table = "memberships"
        unique_together = (("club_id", "user_id"),)
