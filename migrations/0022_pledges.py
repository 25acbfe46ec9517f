from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0021_delivered")]
    initial = False

    operations = [
        ops.AddField(model_name="ActionRow", name="pledge_unit", field=fields.CharField(null=True, max_length=10)),
        ops.AddField(model_name="ActionRow", name="pledge_currency", field=fields.CharField(null=True, max_length=3)),
        ops.AddField(model_name="ActionRow", name="pledge_goal", field=fields.IntField(null=True)),
        ops.AddField(model_name="ActionTallyRow", name="pledged", field=fields.BigIntField(db_default=0)),
        ops.AddField(model_name="ParticipationRow", name="amount", field=fields.IntField(null=True)),
    ]
