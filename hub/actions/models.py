from typing import Any

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.models import Model

from hub.store.instants import InstantField
from hub.subjects.models import SubjectRow
from hub.users.models import UserRow


class ActionRow(Model):
    """What one post asks people to do. `version` rises with each change: who takes part agrees to what was read."""

    id = fields.BigIntField(primary_key=True)
    post: fields.ForeignKeyRelation[SubjectRow] = fields.ForeignKeyField(
        "models.SubjectRow", on_delete=OnDelete.RESTRICT
    )
    kind = fields.CharField(max_length=20)
    opens_at = InstantField(null=True)
    closes_at = InstantField(null=True)
    delivered_at = InstantField(null=True)
    paused = fields.BooleanField(db_default=False)
    verification = fields.CharField(max_length=10)
    allow_anonymous = fields.BooleanField(db_default=False)
    goal = fields.IntField(null=True)
    pledge_unit = fields.CharField(max_length=10, null=True)
    pledge_currency = fields.CharField(max_length=3, null=True)
    pledge_goal = fields.IntField(null=True)
    field_count = fields.IntField(db_default=0)
    shift_count = fields.IntField(db_default=0)
    official_count = fields.IntField(db_default=0)
    letter_subject = fields.CharField(max_length=200, null=True)
    letter_body = fields.TextField(null=True)
    consent_text = fields.TextField()
    consent_version = fields.IntField(db_default=1)
    external_url = fields.CharField(max_length=500, null=True)
    bill_jurisdiction = fields.CharField(max_length=60, null=True)
    bill_number = fields.CharField(max_length=60, null=True)
    bill_title = fields.CharField(max_length=300, null=True)
    bill_url = fields.CharField(max_length=500, null=True)
    bill_status = fields.CharField(max_length=120, null=True)
    target_name = fields.CharField(max_length=200, null=True)
    target_office = fields.CharField(max_length=200, null=True)
    target_url = fields.CharField(max_length=500, null=True)
    version = fields.IntField(db_default=1)
    created_at = InstantField()

    class Meta(Model.Meta):
        table = "actions"
        unique_together = (("post_id",),)


class FormFieldRow(Model):
    """A question of an action's form, in the order of `position`. Answers to `personal` ones are sealed."""

    id = fields.BigIntField(primary_key=True)
    action_id = fields.BigIntField()
    position = fields.IntField()
    key = fields.CharField(max_length=40)
    label = fields.CharField(max_length=200)
    type = fields.CharField(max_length=20)
    required = fields.BooleanField(db_default=False)
    choices = fields.JSONField[list[str]](default=list)
    personal = fields.BooleanField(db_default=False)
    help_text = fields.CharField(max_length=500, null=True)

    class Meta(Model.Meta):
        table = "action_fields"
        unique_together = (("action_id", "position"),)


class ShiftRow(Model):
    """A time at which volunteers help, with so many places.

    Whoever takes one or gives it back holds this row. `booked` are the places of those who count.
    """

    id = fields.BigIntField(primary_key=True)
    action_id = fields.BigIntField()
    key = fields.CharField(max_length=40)
    title = fields.CharField(max_length=200)
    starts_at = InstantField()
    ends_at = InstantField()
    places = fields.IntField()
    booked = fields.IntField(db_default=0)

    class Meta(Model.Meta):
        table = "action_shifts"
        unique_together = (("action_id", "key"),)
        indexes = (("action_id", "starts_at", "id"),)


class OfficialRow(Model):
    """Somebody in office to whom people are asked to turn, of one region or of all."""

    id = fields.BigIntField(primary_key=True)
    action_id = fields.BigIntField()
    position = fields.IntField()
    key = fields.CharField(max_length=40)
    name = fields.CharField(max_length=200)
    office = fields.CharField(max_length=200, null=True)
    region = fields.CharField(max_length=60, null=True)
    email = fields.CharField(max_length=254, null=True)
    phone = fields.CharField(max_length=30, null=True)
    contact_url = fields.CharField(max_length=500, null=True)

    class Meta(Model.Meta):
        table = "action_officials"
        unique_together = (("action_id", "key"),)
        indexes = (("action_id", "position", "id"),)


class OutreachRow(Model):
    """That one person turned to an official, in one way."""

    id = fields.BigIntField(primary_key=True)
    participation_id = fields.BigIntField()
    official_id = fields.BigIntField(db_index=True)
    channel = fields.CharField(max_length=10)
    at = InstantField()

    class Meta(Model.Meta):
        table = "action_outreach"
        unique_together = (("participation_id", "official_id", "channel"),)
        indexes = (("participation_id", "id"),)


class ConsentRow(Model):
    """A wording that people were asked to agree to, none is ever changed."""

    id = fields.BigIntField(primary_key=True)
    action_id = fields.BigIntField()
    version = fields.IntField()
    text = fields.TextField()
    at = InstantField()

    class Meta(Model.Meta):
        table = "action_consents"
        unique_together = (("action_id", "version"),)


class MilestoneRow(Model):
    id = fields.BigIntField(primary_key=True)
    action_id = fields.BigIntField()
    at = fields.IntField()
    label = fields.CharField(max_length=200)
    reached_at = InstantField(null=True)

    class Meta(Model.Meta):
        table = "action_milestones"
        unique_together = (("action_id", "at"),)


class ActionTallyRow(Model):
    """How many take part, whose id is the action's. Who counts holds this row, who takes part never touches it.

    `pledged` is the sum of what they promise, `clicks` how often somebody was sent on. `told_state` is the action's
    state of which its stream told last, empty where it is to be looked at again.
    """

    id = fields.BigIntField(primary_key=True)
    value = fields.IntField(db_default=0)
    as_of = InstantField()
    paused = fields.BooleanField(db_default=False)
    pledged = fields.BigIntField(db_default=0)
    clicks = fields.IntField(db_default=0)
    told_state = fields.CharField(max_length=20, db_default="")

    class Meta(Model.Meta):
        table = "action_tallies"


class RegionTallyRow(Model):
    id = fields.BigIntField(primary_key=True)
    action_id = fields.BigIntField()
    region = fields.CharField(max_length=60)
    value = fields.IntField()

    class Meta(Model.Meta):
        table = "action_region_tallies"
        unique_together = (("action_id", "region"),)
        indexes = (("action_id", "value", "id"),)


class ParticipationRow(Model):
    """One person's part in an action. `counted` says whether the tally holds it, which follows `status` in batches.

    `person` tells one from another, and so does the fingerprint of a confirmed address of mail, `mail_print`. Those of
    its domain and of the address on the net are kept of who has no account. `sealed` holds the personal answers.
    `review` says what the policy team thinks of a story, and is null where none was told.
    `referrer_id` is who sent the person, `app_id` the app that took part for them: many come through one, and a key
    would have each of them lock that row.
    """

    id = fields.BigIntField(primary_key=True)
    action: fields.ForeignKeyRelation[ActionRow] = fields.ForeignKeyField(
        "models.ActionRow", on_delete=OnDelete.RESTRICT
    )
    user: fields.ForeignKeyNullableRelation[UserRow] = fields.ForeignKeyField(
        "models.UserRow", on_delete=OnDelete.RESTRICT, null=True, db_index=True
    )
    person = fields.CharField(max_length=80)
    mail_print = fields.CharField(max_length=32, null=True)
    domain_print = fields.CharField(max_length=32, null=True)
    net_print = fields.CharField(max_length=32, null=True)
    display_name = fields.CharField(max_length=100, null=True)
    public_note = fields.CharField(max_length=500, null=True)
    region = fields.CharField(max_length=60, null=True)
    status = fields.CharField(max_length=20)
    receipt = fields.CharField(max_length=40, unique=True)
    referral = fields.CharField(max_length=60, null=True)
    referral_url = fields.CharField(max_length=500, null=True)
    referrer_id = fields.BigIntField(null=True)
    app_id = fields.BigIntField(null=True)
    amount = fields.IntField(null=True)
    shift_id = fields.BigIntField(null=True)
    answers = fields.JSONField[dict[str, Any]](default=dict)
    sealed = fields.TextField(null=True)
    story_source = fields.TextField(null=True)
    story_html = fields.TextField(null=True)
    story_excerpt = fields.TextField(null=True)
    review = fields.CharField(max_length=10, null=True)
    consent_version = fields.IntField()
    at = InstantField()
    counted = fields.BooleanField(db_default=False)

    class Meta(Model.Meta):
        table = "participations"
        unique_together = (("action_id", "person"),)
        indexes = (("action_id", "id"),)
