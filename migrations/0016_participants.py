from tortoise import migrations
from tortoise.migrations import operations as ops

INDEXES = {
    "participations_by_person": "index participations_by_person on participations (action_id, user_id)"
    " where user_id is not null",
}


class Migration(migrations.Migration):
    dependencies = [("models", "0015_requests_to_join")]
    initial = False

    operations = [
        ops.RunSQL(
            [f"create {sql}" for sql in INDEXES.values()],
            reverse_sql=[f"drop index {name}" for name in INDEXES],
        ),
    ]
