from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from hub.store.instants import InstantField

INDEXES = {
    "deliveries_due": "index deliveries_due on deliveries (channel, due_at) where state = 'WAITING'",
    "deliveries_waiting": "index deliveries_waiting on deliveries (user_id, channel, due_at) where state = 'WAITING'",
    "deliveries_of_letter": "index deliveries_of_letter on deliveries (letter_id) where letter_id is not null",
    "deliveries_old": "index deliveries_old on deliveries (at)",
    "letters_of_user": "index letters_of_user on letters (user_id, channel, at)",
    "letters_old": "index letters_old on letters (at)",
    "push_devices_of_user": "index push_devices_of_user on push_devices (user_id, id)",
}


class Migration(migrations.Migration):
    dependencies = [('models', '0010_follows_and_inbox')]

    initial = False

    operations = [
        ops.CreateModel(
            name='DeliveryRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('user', fields.ForeignKeyField('models.UserRow', source_field='user_id', db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('channel', fields.CharField(max_length=10)),
                ('kind', fields.CharField(max_length=30)),
                ('ref_id', fields.BigIntField()),
                ('target_kind', fields.CharField(max_length=10)),
                ('target_id', fields.BigIntField()),
                ('actor_id', fields.BigIntField(null=True)),
                ('at', InstantField(auto_now=False, auto_now_add=False)),
                ('due_at', InstantField(auto_now=False, auto_now_add=False)),
                ('state', fields.CharField(max_length=10)),
                ('tries', fields.IntField(db_default=0)),
                ('letter_id', fields.BigIntField(null=True)),
            ],
            options={'table': 'deliveries', 'app': 'models', 'unique_together': (('user_id', 'channel', 'kind', 'ref_id'),), 'pk_attr': 'id', 'table_description': 'What one person is to be told on one channel of one fact, which is a kind and what did it (`ref_id`).'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='LetterRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('user', fields.ForeignKeyField('models.UserRow', source_field='user_id', db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('channel', fields.CharField(max_length=10)),
                ('at', InstantField(auto_now=False, auto_now_add=False)),
                ('outcome', fields.CharField(max_length=10)),
                ('reason', fields.CharField(null=True, max_length=200)),
            ],
            options={'table': 'letters', 'app': 'models', 'pk_attr': 'id', 'table_description': 'One mail or push to one person. `outcome`: SENDING, SENT, FAILED, BOUNCED, or LOST, when nobody knows.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='NotificationRuleRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('user', fields.ForeignKeyField('models.UserRow', source_field='user_id', db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('kind', fields.CharField(max_length=30)),
                ('channel', fields.CharField(max_length=10)),
                ('frequency', fields.CharField(max_length=10)),
            ],
            options={'table': 'notification_rules', 'app': 'models', 'unique_together': (('user_id', 'kind', 'channel'),), 'pk_attr': 'id', 'table_description': 'How often one person is told of one kind on one channel. Without a row as usual.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='NotificationSettingsRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('quiet_from', fields.CharField(null=True, max_length=5)),
                ('quiet_to', fields.CharField(null=True, max_length=5)),
                ('follows_by', fields.CharField(null=True, max_length=60)),
                ('mail_stopped_at', InstantField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'notification_settings', 'app': 'models', 'pk_attr': 'id', 'table_description': "How a person wants to be told, beside the rules. Its id is the user's. Times are `HH:MM` of the person's zone."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='PushDeviceRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('user', fields.ForeignKeyField('models.UserRow', source_field='user_id', db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('endpoint', fields.CharField(max_length=1000)),
                ('endpoint_digest', fields.CharField(unique=True, max_length=64)),
                ('p256dh', fields.CharField(max_length=100)),
                ('auth', fields.CharField(max_length=40)),
                ('at', InstantField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'push_devices', 'app': 'models', 'pk_attr': 'id', 'table_description': 'A browser that takes push messages for a person, with the keys that seal them.'},
            bases=['Model'],
        ),
        ops.RunSQL(
            [f"create {sql}" for sql in INDEXES.values()],
            reverse_sql=[f"drop index {name}" for name in INDEXES],
        ),
    ]
