from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.data import JSON_DUMPS
from tortoise.migrations import operations as ops

from hub.store.instants import InstantField

INDEXES = {
    "jobs_due": "index jobs_due on jobs (priority, run_at) where dead_at is null",
    "jobs_key": "unique index jobs_key on jobs (kind, key) where dead_at is null",
    "jobs_dead": "index jobs_dead on jobs (id) where dead_at is not null",
    "jobs_kind": "index jobs_kind on jobs (kind, id)",
}


class Migration(migrations.Migration):
    dependencies = [("models", "0007_roles_and_blocks")]
    initial = False

    operations = [
        ops.CreateModel(
            name='JobRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('kind', fields.CharField(max_length=60)),
                ('key', fields.CharField(null=True, max_length=200)),
                ('arguments', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('progress', fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ('priority', fields.IntField()),
                ('run_at', InstantField(auto_now=False, auto_now_add=False)),
                ('attempts', fields.IntField(db_default=0)),
                ('attempts_limit', fields.IntField()),
                ('crashes', fields.IntField(db_default=0)),
                ('claim', fields.BigIntField(null=True)),
                ('again', fields.BooleanField(db_default=False)),
                ('reason', fields.CharField(null=True, max_length=300)),
                ('created_at', InstantField(auto_now=False, auto_now_add=False)),
                ('started_at', InstantField(null=True, auto_now=False, auto_now_add=False)),
                ('dead_at', InstantField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'jobs', 'app': 'models', 'pk_attr': 'id', 'table_description': 'Work that is queued, under way (`claim`) or given up (`dead_at`). What is done has no row.'},
            bases=['Model'],
        ),
        ops.RunSQL(
            [f"create {sql}" for sql in INDEXES.values()],
            reverse_sql=[f"drop index {name}" for name in INDEXES],
        ),
    ]
