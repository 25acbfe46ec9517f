from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from hub.store.instants import InstantField

INDEXES = {
    "rsvps_waiting": "index rsvps_waiting on rsvps (event_id, waiting_since, id) where status = 'WAITLISTED'",
}


class Migration(migrations.Migration):
    dependencies = [("models", "0011_mail_and_push")]
    initial = False

    operations = [
        ops.AddField(model_name='EventRow', name='waitlist_enabled', field=fields.BooleanField(db_default=False)),
        ops.AddField(model_name='EventRow', name='waitlist_limit', field=fields.IntField(null=True)),
        ops.AddField(model_name='EventRow', name='waitlisted_count', field=fields.IntField(db_default=0)),
        ops.AddField(model_name='RsvpRow', name='waiting_since', field=InstantField(null=True, auto_now=False, auto_now_add=False)),
        ops.RunSQL(
            [f"create {sql}" for sql in INDEXES.values()],
            reverse_sql=[f"drop index {name}" for name in INDEXES],
        ),
    ]
