from tortoise import migrations
from tortoise.migrations import operations as ops

INDEXES = {
    "memberships_requested": "index memberships_requested on memberships (club_id, since, id) where status = 'REQUESTED'",
}


class Migration(migrations.Migration):
    dependencies = [("models", "0014_actions")]
    initial = False

    operations = [
        ops.RunSQL(
            [f"create {sql}" for sql in INDEXES.values()],
            reverse_sql=[f"drop index {name}" for name in INDEXES],
        ),
    ]
