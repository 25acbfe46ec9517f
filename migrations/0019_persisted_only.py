from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0018_guests")]
    initial = False

    operations = [
        ops.AddField(model_name='PartnerAppRow', name='persisted_only', field=fields.BooleanField(db_default=False)),
    ]
