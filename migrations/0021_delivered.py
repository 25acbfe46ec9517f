from tortoise import migrations
from tortoise.migrations import operations as ops

from hub.store.instants import InstantField

# What ended is looked at only now and then.
INDEXES = {
    "action_tallies_under_way": "index action_tallies_under_way on action_tallies (id)"
    " where told_state not in ('CLOSED', 'DELIVERED')",
}


class Migration(migrations.Migration):
    dependencies = [("models", "0020_referrals")]
    initial = False

    operations = [
        ops.AddField(
            model_name="ActionRow",
            name="delivered_at",
            field=InstantField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.RunSQL(
            [f"create {sql}" for sql in INDEXES.values()],
            reverse_sql=[f"drop index {name}" for name in INDEXES],
        ),
    ]
