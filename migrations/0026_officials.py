from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from hub.store.instants import InstantField


class Migration(migrations.Migration):
    dependencies = [("models", "0025_stories")]
    initial = False

    operations = [
        ops.CreateModel(
            name="OfficialRow",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("action_id", fields.BigIntField()),
                ("position", fields.IntField()),
                ("key", fields.CharField(max_length=40)),
                ("name", fields.CharField(max_length=200)),
                ("office", fields.CharField(null=True, max_length=200)),
                ("region", fields.CharField(null=True, max_length=60)),
                ("email", fields.CharField(null=True, max_length=254)),
                ("phone", fields.CharField(null=True, max_length=30)),
                ("contact_url", fields.CharField(null=True, max_length=500)),
            ],
            options={
                "table": "action_officials",
                "app": "models",
                "unique_together": (("action_id", "key"),),
                "indexes": [Index(fields=["action_id", "position", "id"])],
                "pk_attr": "id",
                "table_description": "Somebody in office to whom people are asked to turn, of one region or of all.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OutreachRow",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("participation_id", fields.BigIntField()),
                ("official_id", fields.BigIntField(db_index=True)),
                ("channel", fields.CharField(max_length=10)),
                ("at", InstantField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "action_outreach",
                "app": "models",
                "unique_together": (("participation_id", "official_id", "channel"),),
                "indexes": [Index(fields=["participation_id", "id"])],
                "pk_attr": "id",
                "table_description": "That one person turned to an official, in one way.",
            },
            bases=["Model"],
        ),
        ops.AddField(model_name="ActionRow", name="official_count", field=fields.IntField(db_default=0)),
        ops.AddField(model_name="ActionRow", name="letter_subject", field=fields.CharField(null=True, max_length=200)),
        ops.AddField(model_name="ActionRow", name="letter_body", field=fields.TextField(null=True)),
    ]
