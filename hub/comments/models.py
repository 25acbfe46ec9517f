from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.models import Model

from hub.store.instants import InstantField
from hub.subjects.models import SubjectRow
from hub.users.models import UserRow


class CommentRow(Model):
    """A reply on a subject. `number` rises and is never reused, `path` holds the numbers from the root down."""

    id = fields.BigIntField(primary_key=True)
    subject: fields.ForeignKeyRelation[SubjectRow] = fields.ForeignKeyField(
        "models.SubjectRow", on_delete=OnDelete.RESTRICT
    )
    subject_kind = fields.CharField(max_length=10)
    number = fields.IntField()
    parent_id = fields.BigIntField(null=True)
    root_id = fields.BigIntField(null=True)
    path = fields.TextField()
    depth = fields.IntField(db_default=0)
    author: fields.ForeignKeyNullableRelation[UserRow] = fields.ForeignKeyField(
        "models.UserRow", on_delete=OnDelete.RESTRICT, null=True
    )
    body_source = fields.TextField()
    body_html = fields.TextField()
    body_excerpt = fields.TextField()
    status = fields.CharField(max_length=20, db_default="PUBLISHED")
    version = fields.IntField(db_default=1)
    reply_count = fields.IntField(db_default=0)
    by_staff = fields.BooleanField(db_default=False)
    created_at = InstantField()
    edited_at = InstantField(null=True)
    idempotency_key = fields.CharField(max_length=200, null=True)
    legacy_system = fields.CharField(max_length=120, null=True)
    legacy_id = fields.CharField(max_length=80, null=True)
    legacy_url = fields.CharField(max_length=500, null=True)
    imported_at = InstantField(null=True)

    class Meta(Model.Meta):
        table = "comments"
        unique_together = (("subject_id", "number"), ("legacy_system", "legacy_id"))


class ReactionRow(Model):
    """One person's reaction of one kind to a comment, thread or post."""

    id = fields.BigIntField(primary_key=True)
    target_id = fields.BigIntField()
    user: fields.ForeignKeyRelation[UserRow] = fields.ForeignKeyField(
        "models.UserRow", on_delete=OnDelete.RESTRICT, db_index=True
    )
    kind = fields.CharField(max_length=20)
    at = InstantField()

    class Meta(Model.Meta):
        table = "reactions"
        unique_together = (("target_id", "user_id", "kind"),)


class ReactionTallyRow(Model):
    """How many gave a reaction, kept with each one, imported likes have no persons behind them."""

    id = fields.BigIntField(primary_key=True)
    target_id = fields.BigIntField()
    kind = fields.CharField(max_length=20)
    count = fields.IntField(db_default=0)

    class Meta(Model.Meta):
        table = "reaction_tallies"
        unique_together = (("target_id", "kind"),)
