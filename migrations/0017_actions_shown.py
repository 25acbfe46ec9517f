from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index

INDEXES = {
    "participations_shown": "index participations_shown on participations (action_id, id)"
    " where status = 'COUNTED' and (display_name is not null or public_note is not null)",
    "participations_of_person": "index participations_of_person on participations (user_id, id) where user_id is not null",
}
# Each action has a stream of its own from here on, also those that were there before.
STREAMS = "insert into streams (id, epoch) select id, id from actions"

class Migration(migrations.Migration):
    dependencies = [('models', '0016_participants')]

    initial = False

    operations = [
        ops.AddField(
            model_name='ActionRow',
            name='target_name',
            field=fields.CharField(null=True, max_length=200),
        ),
        ops.AddField(
            model_name='ActionRow',
            name='target_office',
            field=fields.CharField(null=True, max_length=200),
        ),
        ops.AddField(
            model_name='ActionRow',
            name='target_url',
            field=fields.CharField(null=True, max_length=500),
        ),
        ops.AddField(
            model_name='ActionTallyRow',
            name='told_state',
            field=fields.CharField(db_default='', max_length=20),
        ),
        ops.AddIndex(
            model_name='RegionTallyRow',
            index=Index(fields=['action_id', 'value', 'id']),
        ),
        ops.RunSQL(
            [f"create {sql}" for sql in INDEXES.values()],
            reverse_sql=[f"drop index {name}" for name in INDEXES],
        ),
        ops.RunSQL([STREAMS], reverse_sql=["delete from streams where id in (select id from actions)"]),
    ]
