from tortoise import fields
from tortoise.models import Model

from hub.store.instants import InstantField


class User(Model):
    id = fields.BigIntField(primary_key=True)
    handle_key = fields.CharField(max_length=60, unique=True)
    display_name = fields.CharField(max_length=120)
    avatar_url = fields.CharField(max_length=500, null=True)
    joined_at = InstantField()

    class Meta:
        table = "users"


class Token(Model):
    id = fields.BigIntField(primary_key=True)
    user = fields.ForeignKeyField("models.User")
    digest = fields.CharField(max_length=64, unique=True)
    expires_at = InstantField()
    revoked_at = InstantField(null=True)

    class Meta:
        table = "tokens"


class Club(Model):
    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=120)
    body_html = fields.TextField(null=True)
    visibility = fields.CharField(max_length=20)
    member_count = fields.IntField(default=0)

    class Meta:
        table = "clubs"


class Membership(Model):
    id = fields.BigIntField(primary_key=True)
    club = fields.ForeignKeyField("models.Club")
    user = fields.ForeignKeyField("models.User")
    status = fields.CharField(max_length=20)
    since = InstantField()

    class Meta:
        table = "memberships"


class Subject(Model):
    id = fields.BigIntField(primary_key=True)
    author = fields.ForeignKeyField("models.User", null=True)
    visibility = fields.CharField(max_length=20)
    comment_count = fields.IntField(default=0)
    last_number = fields.IntField(default=0)
    created_at = InstantField()
    last_activity_at = InstantField()

    class Meta:
        table = "subjects"


class Thread(Model):
    subject = fields.OneToOneField("models.Subject", primary_key=True, source_field="id")
    title = fields.CharField(max_length=300)
    body_html = fields.TextField()

    class Meta:
        table = "threads"


class Post(Model):
    subject = fields.OneToOneField("models.Subject", primary_key=True, source_field="id")
    status = fields.CharField(max_length=20)
    title = fields.CharField(max_length=300)
    body_html = fields.TextField()
    published_at = InstantField(null=True)
    listed_at = InstantField()

    class Meta:
        table = "posts"


class PostAuthor(Model):
    id = fields.BigIntField(primary_key=True)
    post_id = fields.BigIntField()
    user = fields.ForeignKeyField("models.User")
    position = fields.IntField()

    class Meta:
        table = "post_authors"


class PostClub(Model):
    id = fields.BigIntField(primary_key=True)
    post_id = fields.BigIntField()
    club = fields.ForeignKeyField("models.Club")
    listed_at = InstantField()

    class Meta:
        table = "post_clubs"


class ReactionTally(Model):
    id = fields.BigIntField(primary_key=True)
    target_id = fields.BigIntField()
    kind = fields.CharField(max_length=20)
    count = fields.IntField()

    class Meta:
        table = "reaction_tallies"


class Comment(Model):
    id = fields.BigIntField(primary_key=True)
    subject = fields.ForeignKeyField("models.Subject")
    subject_kind = fields.CharField(max_length=10)
    number = fields.IntField()
    parent_id = fields.BigIntField(null=True)
    path = fields.TextField()
    author = fields.ForeignKeyField("models.User", null=True)
    body_source = fields.TextField()
    body_html = fields.TextField()
    body_excerpt = fields.TextField()
    status = fields.CharField(max_length=20, default="PUBLISHED")
    reply_count = fields.IntField(default=0)
    created_at = InstantField()

    class Meta:
        table = "comments"


class Event(Model):
    subject = fields.OneToOneField("models.Subject", primary_key=True, source_field="id")
    club = fields.ForeignKeyField("models.Club", null=True)
    title = fields.CharField(max_length=300)
    starts_at = InstantField()
    place_name = fields.CharField(max_length=200, null=True)
    going_count = fields.IntField()

    class Meta:
        table = "events"


class EventHost(Model):
    id = fields.BigIntField(primary_key=True)
    event_id = fields.BigIntField()
    user = fields.ForeignKeyField("models.User")
    position = fields.IntField()

    class Meta:
        table = "event_hosts"


class Rsvp(Model):
    id = fields.BigIntField(primary_key=True)
    event_id = fields.BigIntField()
    user = fields.ForeignKeyField("models.User")
    status = fields.CharField(max_length=20)
    public_attendance = fields.BooleanField()
    at = InstantField()

    class Meta:
        table = "rsvps"
