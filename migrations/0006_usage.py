from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from hub.store.instants import InstantField


class Migration(migrations.Migration):
    dependencies = [("models", "0005_partner_apps")]
    initial = False

    operations = [
        ops.CreateModel(
            name='UsageRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('app_id', fields.BigIntField()),
                ('hour', InstantField(db_index=True, auto_now=False, auto_now_add=False)),
                ('what', fields.CharField(max_length=200)),
                ('amount', fields.BigIntField()),
            ],
            options={'table': 'usage', 'app': 'models', 'unique_together': (('app_id', 'hour', 'what'),), 'pk_attr': 'id', 'table_description': 'How much of something an app used in one hour, and when that began.'},
            bases=['Model'],
        ),
    ]
