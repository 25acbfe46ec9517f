from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.models import Model

from hub.store.instants import InstantField
from hub.subjects.models import SubjectRow
from hub.users.models import UserRow


class EventRow(Model):
    """A club event, shares its id with its `subjects` row. Times are instants, `time_zone` is where people meet."""

    id = fields.BigIntField(primary_key=True)
    slug = fields.CharField(max_length=120, unique=True)
    club_id = fields.BigIntField(null=True)
    title = fields.CharField(max_length=300)
    body_source = fields.TextField()
    body_html = fields.TextField()
    body_excerpt = fields.TextField()
    starts_at = InstantField()
    ends_at = InstantField(null=True)
    time_zone = fields.CharField(max_length=60)
    all_day = fields.BooleanField(db_default=False)
    status = fields.CharField(max_length=20, db_default="CONFIRMED")
    attendance = fields.CharField(max_length=20, db_default="IN_PERSON")
    place_name = fields.CharField(max_length=200, null=True)
    place_address = fields.CharField(max_length=300, null=True)
    place_locality = fields.CharField(max_length=120, null=True)
    place_region = fields.CharField(max_length=60, null=True)
    place_country = fields.CharField(max_length=60, null=True)
    online_url = fields.CharField(max_length=500, null=True)
    capacity = fields.IntField(null=True)
    max_guests = fields.IntField(db_default=5)
    rsvp_closes_at = InstantField(null=True)
    going_count = fields.IntField(db_default=0)
    guest_count = fields.IntField(db_default=0)
    maybe_count = fields.IntField(db_default=0)
    declined_count = fields.IntField(db_default=0)
    waitlist_enabled = fields.BooleanField(db_default=False)
    waitlist_limit = fields.IntField(null=True)
    waitlisted_count = fields.IntField(db_default=0)
    version = fields.IntField(db_default=1)

    class Meta(Model.Meta):
        table = "events"


class EventHostRow(Model):
    id = fields.BigIntField(primary_key=True)
    event_id = fields.BigIntField()
    user_id = fields.BigIntField(db_index=True)
    position = fields.IntField(db_default=0)

    class Meta(Model.Meta):
        table = "event_hosts"
        unique_together = (("event_id", "user_id"),)


class RsvpRow(Model):
    id = fields.BigIntField(primary_key=True)
    event: fields.ForeignKeyRelation[SubjectRow] = fields.ForeignKeyField(
        "models.SubjectRow", on_delete=OnDelete.RESTRICT
    )
    user: fields.ForeignKeyRelation[UserRow] = fields.ForeignKeyField("models.UserRow", on_delete=OnDelete.RESTRICT)
    status = fields.CharField(max_length=20)
    guests = fields.IntField(db_default=0)
    note = fields.CharField(max_length=500, null=True)
    public_attendance = fields.BooleanField(db_default=True)
    at = InstantField()
    updated_at = InstantField()
    waiting_since = InstantField(null=True)

    class Meta(Model.Meta):
        table = "rsvps"
        unique_together = (("event_id", "user_id"),)
