from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0019_persisted_only")]
    initial = False

    operations = [
        ops.AddField(
            model_name="ParticipationRow", name="referral_url", field=fields.CharField(null=True, max_length=500)
        ),
        ops.AddField(model_name="ParticipationRow", name="referrer_id", field=fields.BigIntField(null=True)),
        ops.AddField(model_name="ParticipationRow", name="app_id", field=fields.BigIntField(null=True)),
    ]
