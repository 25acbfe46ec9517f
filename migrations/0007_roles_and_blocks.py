from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from hub.store.instants import InstantField

COUNT_OWNERS = """update clubs set owner_count = (select count(*) from memberships
                  where club_id = clubs.id and role = 'OWNER' and status = 'ACTIVE')"""
# What not everybody may see is left out for everybody.
COUNT_PUBLIC_THREADS = """update categories set thread_count = (select count(*) from subjects
                          where category_id = categories.id and kind = 'THREAD' and visibility = 'PUBLIC')"""


class Migration(migrations.Migration):
    dependencies = [("models", "0006_usage")]
    initial = False

    operations = [
        ops.CreateModel(
            name="BlockRow",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "user",
                    fields.ForeignKeyField(
                        "models.UserRow",
                        source_field="user_id",
                        related_name="blocks_made",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "blocked",
                    fields.ForeignKeyField(
                        "models.UserRow",
                        source_field="blocked_id",
                        related_name="blocks_met",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("at", InstantField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "blocks",
                "app": "models",
                "unique_together": (("user_id", "blocked_id"),),
                "pk_attr": "id",
                "table_description": "That one person wants to read nothing of another. The other is not told.",
            },
            bases=["Model"],
        ),
        ops.AddField(model_name="ClubRow", name="owner_count", field=fields.IntField(db_default=0)),
        ops.RunSQL(
            ["create index blocks_user on blocks (user_id, at, id)", COUNT_OWNERS, COUNT_PUBLIC_THREADS],
            reverse_sql=["drop index blocks_user"],
        ),
    ]
