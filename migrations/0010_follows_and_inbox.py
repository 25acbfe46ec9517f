from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.migrations import operations as ops

from hub.store.instants import InstantField

INDEXES = {
    "follows_told": "index follows_told on follows (target_id, target_kind, user_id) where level in ('DIGEST', 'ALL')",
    "follows_of_user": "index follows_of_user on follows (user_id, since, id)",
    "notifications_of_user": "index notifications_of_user on notifications (user_id, position, id)",
    "notifications_unread": "index notifications_unread on notifications (user_id, position, id) where read_at is null",
}


class Migration(migrations.Migration):
    dependencies = [("models", "0009_indexes")]
    initial = False

    operations = [
        ops.CreateModel(
            name='FollowRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('user', fields.ForeignKeyField('models.UserRow', source_field='user_id', db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('target_kind', fields.CharField(max_length=10)),
                ('target_id', fields.BigIntField()),
                ('level', fields.CharField(max_length=10)),
                ('reason', fields.CharField(max_length=12)),
                ('since', InstantField(auto_now=False, auto_now_add=False)),
                ('muted_until', InstantField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'follows', 'app': 'models', 'unique_together': (('user_id', 'target_id', 'target_kind'),), 'pk_attr': 'id', 'table_description': 'What one person wants to hear of one thing. `target_kind` is THREAD, POST, EVENT, CATEGORY, CLUB or USER.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='InboxRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('last_position', fields.BigIntField(db_default=0)),
                ('read_up_to', fields.BigIntField(db_default=0)),
                ('all_read_at', InstantField(null=True, auto_now=False, auto_now_add=False)),
                ('unread', fields.IntField(db_default=0)),
            ],
            options={'table': 'inboxes', 'app': 'models', 'pk_attr': 'id', 'table_description': "A person's inbox, whose id is the user's. Who writes into it, or reads it off, holds this row first."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='NotificationRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('user', fields.ForeignKeyField('models.UserRow', source_field='user_id', db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('group_key', fields.CharField(max_length=60)),
                ('kind', fields.CharField(max_length=30)),
                ('target_kind', fields.CharField(max_length=10)),
                ('target_id', fields.BigIntField()),
                ('position', fields.BigIntField()),
                ('count', fields.IntField()),
                ('actor_ids', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('actor_count', fields.IntField()),
                ('created_at', InstantField(auto_now=False, auto_now_add=False)),
                ('updated_at', InstantField(auto_now=False, auto_now_add=False)),
                ('read_at', InstantField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'notifications', 'app': 'models', 'unique_together': (('user_id', 'group_key'),), 'pk_attr': 'id', 'table_description': 'One entry of an inbox: what happened, of one kind, to one thing (`group_key`), since it was last read.'},
            bases=['Model'],
        ),
        ops.RunSQL(
            [f"create {sql}" for sql in INDEXES.values()],
            reverse_sql=[f"drop index {name}" for name in INDEXES],
        ),
    ]
