from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from hub.store.instants import InstantField

INDEXES = {
    "participations_by_shift": "index participations_by_shift on participations (shift_id) where shift_id is not null",
}


class Migration(migrations.Migration):
    dependencies = [("models", "0022_pledges")]
    initial = False

    operations = [
        ops.CreateModel(
            name="ShiftRow",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("action_id", fields.BigIntField()),
                ("key", fields.CharField(max_length=40)),
                ("title", fields.CharField(max_length=200)),
                ("starts_at", InstantField(auto_now=False, auto_now_add=False)),
                ("ends_at", InstantField(auto_now=False, auto_now_add=False)),
                ("places", fields.IntField()),
                ("booked", fields.IntField(db_default=0)),
            ],
            options={
                "table": "action_shifts",
                "app": "models",
                "unique_together": (("action_id", "key"),),
                "indexes": [Index(fields=["action_id", "starts_at", "id"])],
                "pk_attr": "id",
                "table_description": "A time at which volunteers help, with so many places.",
            },
            bases=["Model"],
        ),
        ops.AddField(model_name="ActionRow", name="shift_count", field=fields.IntField(db_default=0)),
        ops.AddField(model_name="ParticipationRow", name="shift_id", field=fields.BigIntField(null=True)),
        ops.RunSQL(
            [f"create {sql}" for sql in INDEXES.values()],
            reverse_sql=[f"drop index {name}" for name in INDEXES],
        ),
    ]
