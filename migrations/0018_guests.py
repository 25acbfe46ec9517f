from tortoise import fields, migrations
from tortoise.migrations import operations as ops

# A confirmed address takes part once, whoever gave it. What waits to be confirmed keeps nobody out.
INDEXES = {
    "participations_by_mail": "unique index participations_by_mail on participations (action_id, mail_print)"
    " where mail_print is not null and status in ('COUNTED', 'INVALIDATED')",
    "participations_pending": "index participations_pending on participations (at) where status = 'PENDING_VERIFICATION'",
}
_PRINTS = ("mail_print", "domain_print", "net_print")


class Migration(migrations.Migration):
    dependencies = [("models", "0017_actions_shown")]
    initial = False

    operations = [
        ops.CreateModel(
            name="KeptKeyRow",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("name", fields.CharField(unique=True, max_length=40)),
                ("sealed", fields.TextField(unique=False)),
            ],
            options={
                "table": "kept_keys",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A key of the database's own, sealed under those of the settings.",
            },
            bases=["Model"],
        ),
        ops.AddField(model_name="ActionRow", name="allow_anonymous", field=fields.BooleanField(db_default=False)),
        *(
            ops.AddField(model_name="ParticipationRow", name=name, field=fields.CharField(null=True, max_length=32))
            for name in _PRINTS
        ),
        ops.RunSQL(
            [f"create {sql}" for sql in INDEXES.values()],
            reverse_sql=[f"drop index {name}" for name in INDEXES],
        ),
    ]
