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


class NotificationSettingsRow(Model):
    """How a person wants to be told, beside the rules. Its id is the user's. Times are `HH:MM` of the person's zone.

    `follows_by`: what makes the person follow by itself, in words with blanks between. Null is all of it.
    `mail_stopped_at`: mail to the address came back for good. It holds until the address is confirmed after that.
    """

    id = fields.BigIntField(primary_key=True)
    quiet_from = fields.CharField(max_length=5, null=True)
    quiet_to = fields.CharField(max_length=5, null=True)
    follows_by = fields.CharField(max_length=60, null=True)
    mail_stopped_at = InstantField(null=True)

    class Meta(Model.Meta):
        table = "notification_settings"


class NotificationRuleRow(Model):
    """How often one person is told of one kind on one channel. Without a row as usual."""

    id = fields.BigIntField(primary_key=True)
    user: fields.ForeignKeyRelation[UserRow] = fields.ForeignKeyField("models.UserRow", on_delete=OnDelete.RESTRICT)
    kind = fields.CharField(max_length=30)
    channel = fields.CharField(max_length=10)
    frequency = fields.CharField(max_length=10)

    class Meta(Model.Meta):
        table = "notification_rules"
        unique_together = (("user_id", "kind", "channel"),)


class LetterRow(Model):
    """One mail or push to one person. `outcome`: SENDING, SENT, FAILED, BOUNCED, or LOST, when nobody knows."""

    id = fields.BigIntField(primary_key=True)
    user: fields.ForeignKeyRelation[UserRow] = fields.ForeignKeyField("models.UserRow", on_delete=OnDelete.RESTRICT)
    channel = fields.CharField(max_length=10)
    at = InstantField()
    outcome = fields.CharField(max_length=10)
    reason = fields.CharField(max_length=200, null=True)

    class Meta(Model.Meta):
        table = "letters"


class DeliveryRow(Model):
    """What one person is to be told on one channel of one fact, which is a kind and what did it (`ref_id`).

    `state`: WAITING until `due_at`, then SENDING, SENT or FAILED with its letter, or DROPPED when it was not to be
    told any more. `tries` are letters that the other side did not take for now.
    """

    id = fields.BigIntField(primary_key=True)
    user: fields.ForeignKeyRelation[UserRow] = fields.ForeignKeyField("models.UserRow", on_delete=OnDelete.RESTRICT)
    channel = fields.CharField(max_length=10)
    kind = fields.CharField(max_length=30)
    ref_id = fields.BigIntField()
    target_kind = fields.CharField(max_length=10)
    target_id = fields.BigIntField()
    actor_id = fields.BigIntField(null=True)
    at = InstantField()
    due_at = InstantField()
    state = fields.CharField(max_length=10)
    tries = fields.IntField(db_default=0)
    letter_id = fields.BigIntField(null=True)

    class Meta(Model.Meta):
        table = "deliveries"
        unique_together = (("user_id", "channel", "kind", "ref_id"),)


class PushDeviceRow(Model):
    """A browser that takes push messages for a person, with the keys that seal them."""

    id = fields.BigIntField(primary_key=True)
    user: fields.ForeignKeyRelation[UserRow] = fields.ForeignKeyField("models.UserRow", on_delete=OnDelete.RESTRICT)
    endpoint = fields.CharField(max_length=1000)
    endpoint_digest = fields.CharField(max_length=64, unique=True)
    p256dh = fields.CharField(max_length=100)
    auth = fields.CharField(max_length=40)
    at = InstantField()

    class Meta(Model.Meta):
        table = "push_devices"
