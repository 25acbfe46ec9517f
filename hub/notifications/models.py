from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.models import Model

from hub.store.instants import InstantField
from hub.users.models import UserRow


class FollowRow(Model):
    """What one person wants to hear of one thing. `target_kind` is THREAD, POST, EVENT, CATEGORY, CLUB or USER."""

    id = fields.BigIntField(primary_key=True)
    user: fields.ForeignKeyRelation[UserRow] = fields.ForeignKeyField("models.UserRow", on_delete=OnDelete.RESTRICT)
    target_kind = fields.CharField(max_length=10)
    target_id = fields.BigIntField()
    level = fields.CharField(max_length=10)
    reason = fields.CharField(max_length=12)
    since = InstantField()
    muted_until = InstantField(null=True)

    class Meta(Model.Meta):
        table = "follows"
        unique_together = (("user_id", "target_id", "target_kind"),)


class InboxRow(Model):
    """A person's inbox, whose id is the user's. Who writes into it, or reads it off, holds this row first.

    `last_position` is that of its newest entry. Entries up to `read_up_to` are read, and so are those that say so
    themselves. `unread` counts the others.
    """

    id = fields.BigIntField(primary_key=True)
    last_position = fields.BigIntField(db_default=0)
    read_up_to = fields.BigIntField(db_default=0)
    all_read_at = InstantField(null=True)
    unread = fields.IntField(db_default=0)

    class Meta(Model.Meta):
        table = "inboxes"


class NotificationRow(Model):
    """One entry of an inbox: what happened, of one kind, to one thing (`group_key`), since it was last read.

    `position` is its place, given anew with each thing that happens. `actor_ids` are the last ones, newest first.
    """

    id = fields.BigIntField(primary_key=True)
    user: fields.ForeignKeyRelation[UserRow] = fields.ForeignKeyField("models.UserRow", on_delete=OnDelete.RESTRICT)
    group_key = fields.CharField(max_length=60)
    kind = fields.CharField(max_length=30)
    target_kind = fields.CharField(max_length=10)
    target_id = fields.BigIntField()
    position = fields.BigIntField()
    count = fields.IntField()
    actor_ids: fields.JSONField[list[int]] = fields.JSONField()
    actor_count = fields.IntField()
    created_at = InstantField()
    updated_at = InstantField()
    read_at = InstantField(null=True)

    class Meta(Model.Meta):
        table = "notifications"
        unique_together = (("user_id", "group_key"),)
