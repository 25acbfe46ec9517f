from tortoise import migrations
from tortoise.migrations import operations as ops
from hub.store.instants import InstantField
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index

# What is to be counted, or counted no more, is found without reading what is counted.
INDEXES = {
    "participations_uncounted": "index participations_uncounted on participations (action_id) where counted <> (status = 'COUNTED')",
}


class Migration(migrations.Migration):
    dependencies = [('models', '0013_posts')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ActionRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('post', fields.ForeignKeyField('models.SubjectRow', source_field='post_id', db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('kind', fields.CharField(max_length=20)),
                ('opens_at', InstantField(null=True, auto_now=False, auto_now_add=False)),
                ('closes_at', InstantField(null=True, auto_now=False, auto_now_add=False)),
                ('paused', fields.BooleanField(db_default=False)),
                ('verification', fields.CharField(max_length=10)),
                ('goal', fields.IntField(null=True)),
                ('field_count', fields.IntField(db_default=0)),
                ('consent_text', fields.TextField(unique=False)),
                ('consent_version', fields.IntField(db_default=1)),
                ('external_url', fields.CharField(null=True, max_length=500)),
                ('bill_jurisdiction', fields.CharField(null=True, max_length=60)),
                ('bill_number', fields.CharField(null=True, max_length=60)),
                ('bill_title', fields.CharField(null=True, max_length=300)),
                ('bill_url', fields.CharField(null=True, max_length=500)),
                ('bill_status', fields.CharField(null=True, max_length=120)),
                ('version', fields.IntField(db_default=1)),
                ('created_at', InstantField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'actions', 'app': 'models', 'unique_together': (('post_id',),), 'pk_attr': 'id', 'table_description': 'What one post asks people to do. `version` rises with each change: who takes part agrees to what was read.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ActionTallyRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('value', fields.IntField(db_default=0)),
                ('as_of', InstantField(auto_now=False, auto_now_add=False)),
                ('paused', fields.BooleanField(db_default=False)),
            ],
            options={'table': 'action_tallies', 'app': 'models', 'pk_attr': 'id', 'table_description': "How many take part, whose id is the action's. Who counts holds this row, who takes part never touches it."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ConsentRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('action_id', fields.BigIntField()),
                ('version', fields.IntField()),
                ('text', fields.TextField(unique=False)),
                ('at', InstantField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'action_consents', 'app': 'models', 'unique_together': (('action_id', 'version'),), 'pk_attr': 'id', 'table_description': 'A wording that people were asked to agree to, none is ever changed.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='FormFieldRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('action_id', fields.BigIntField()),
                ('position', fields.IntField()),
                ('key', fields.CharField(max_length=40)),
                ('label', fields.CharField(max_length=200)),
                ('type', fields.CharField(max_length=20)),
                ('required', fields.BooleanField(db_default=False)),
                ('choices', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ('personal', fields.BooleanField(db_default=False)),
                ('help_text', fields.CharField(null=True, max_length=500)),
            ],
            options={'table': 'action_fields', 'app': 'models', 'unique_together': (('action_id', 'position'),), 'pk_attr': 'id', 'table_description': "A question of an action's form, in the order of `position`. Answers to `personal` ones are sealed."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='MilestoneRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('action_id', fields.BigIntField()),
                ('at', fields.IntField()),
                ('label', fields.CharField(max_length=200)),
                ('reached_at', InstantField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'action_milestones', 'app': 'models', 'unique_together': (('action_id', 'at'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ParticipationRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('action', fields.ForeignKeyField('models.ActionRow', source_field='action_id', db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('user', fields.ForeignKeyField('models.UserRow', source_field='user_id', null=True, db_index=True, db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('person', fields.CharField(max_length=80)),
                ('display_name', fields.CharField(null=True, max_length=100)),
                ('public_note', fields.CharField(null=True, max_length=500)),
                ('region', fields.CharField(null=True, max_length=60)),
                ('status', fields.CharField(max_length=20)),
                ('receipt', fields.CharField(unique=True, max_length=40)),
                ('referral', fields.CharField(null=True, max_length=60)),
                ('answers', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('sealed', fields.TextField(null=True, unique=False)),
                ('consent_version', fields.IntField()),
                ('at', InstantField(auto_now=False, auto_now_add=False)),
                ('counted', fields.BooleanField(db_default=False)),
            ],
            options={'table': 'participations', 'app': 'models', 'unique_together': (('action_id', 'person'),), 'indexes': [Index(fields=['action_id', 'id'])], 'pk_attr': 'id', 'table_description': "One person's part in an action. `counted` says whether the tally holds it, which follows `status` in batches."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='RegionTallyRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('action_id', fields.BigIntField()),
                ('region', fields.CharField(max_length=60)),
                ('value', fields.IntField()),
            ],
            options={'table': 'action_region_tallies', 'app': 'models', 'unique_together': (('action_id', 'region'),), 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.RunSQL(
            [f"create {sql}" for sql in INDEXES.values()],
            reverse_sql=[f"drop index {name}" for name in INDEXES],
        ),
    ]
