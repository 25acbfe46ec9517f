from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0023_shifts")]
    initial = False

    operations = [
        ops.AddField(model_name="ActionTallyRow", name="clicks", field=fields.IntField(db_default=0)),
    ]
