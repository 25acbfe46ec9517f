from tortoise import fields
from tortoise.models import Model

from hub.store.instants import InstantField


class PostRow(Model):
    """An engagement post, shares its id with its `subjects` row.

    `intended_visibility` is what the team chose. The subject's, which readers go by, stays PRIVATE until it is
    published. `publish_at` is when a SCHEDULED post goes public, and when its own time ends is the subject's
    `closes_at`. `prominence` is 1 while it is pinned: the first part of the home feed's order.
    """

    id = fields.BigIntField(primary_key=True)
    slug = fields.CharField(max_length=120, unique=True)
    kind = fields.CharField(max_length=20)
    status = fields.CharField(max_length=20, db_default="DRAFT")
    intended_visibility = fields.CharField(max_length=20, db_default="PUBLIC")
    title = fields.CharField(max_length=300)
    summary = fields.CharField(max_length=1000, null=True)
    body_source = fields.TextField()
    body_html = fields.TextField()
    body_excerpt = fields.TextField()
    tags = fields.JSONField[list[str]](default=list)
    regions = fields.JSONField[list[str]](default=list)
    locale = fields.CharField(max_length=35, db_default="en")
    published_at = InstantField(null=True)
    listed_at = InstantField()
    pinned = fields.BooleanField(db_default=False)
    prominence = fields.IntField(db_default=0)
    continues_id = fields.BigIntField(null=True)
    topic_id = fields.BigIntField(null=True)
    hero_url = fields.CharField(max_length=500, null=True)
    hero_alt = fields.CharField(max_length=500, null=True)
    publish_at = InstantField(null=True)
    version = fields.IntField(db_default=1)
    edited_at = InstantField(null=True)

    class Meta(Model.Meta):
        table = "posts"


class PostAuthorRow(Model):
    """Who wrote a post, in the order of `position`."""

    id = fields.BigIntField(primary_key=True)
    post_id = fields.BigIntField()
    user_id = fields.BigIntField(db_index=True)
    position = fields.IntField(db_default=0)

    class Meta(Model.Meta):
        table = "post_authors"
        unique_together = (("post_id", "user_id"),)


class PostClubRow(Model):
    """A club that a post addresses. `listed_at` repeats the post's, so that a club's posts have an index."""

    id = fields.BigIntField(primary_key=True)
    post_id = fields.BigIntField()
    club_id = fields.BigIntField()
    position = fields.IntField(db_default=0)
    listed_at = InstantField()

    class Meta(Model.Meta):
        table = "post_clubs"
        unique_together = (("post_id", "club_id"),)


class TopicRow(Model):
    """What several posts are about."""

    id = fields.BigIntField(primary_key=True)
    slug = fields.CharField(max_length=120, unique=True)
    name = fields.CharField(max_length=120)

    class Meta(Model.Meta):
        table = "topics"


class PostTranslationRow(Model):
    """A post in another language than its own, one a language."""

    id = fields.BigIntField(primary_key=True)
    post_id = fields.BigIntField()
    locale = fields.CharField(max_length=35)
    title = fields.CharField(max_length=300)
    summary = fields.CharField(max_length=1000, null=True)
    body_source = fields.TextField()
    body_html = fields.TextField()
    body_excerpt = fields.TextField()
    machine = fields.BooleanField(db_default=False)

    class Meta(Model.Meta):
        table = "post_translations"
        unique_together = (("post_id", "locale"),)


class PostUpdateRow(Model):
    """A word on how a post goes on, appended to it and never changed."""

    id = fields.BigIntField(primary_key=True)
    post_id = fields.BigIntField()
    author_id = fields.BigIntField()
    body_source = fields.TextField()
    body_html = fields.TextField()
    body_excerpt = fields.TextField()
    published_at = InstantField()
    notified = fields.BooleanField(db_default=False)

    class Meta(Model.Meta):
        table = "post_updates"


class OfficialResponseRow(Model):
    """What those whom a post asks have answered, and what came of it."""

    id = fields.BigIntField(primary_key=True)
    post_id = fields.BigIntField()
    sender = fields.CharField(max_length=200)
    outcome = fields.CharField(max_length=500, null=True)
    body_source = fields.TextField()
    body_html = fields.TextField()
    body_excerpt = fields.TextField()
    published_at = InstantField()

    class Meta(Model.Meta):
        table = "post_responses"


class PostRevisionRow(Model):
    """A post's text as one save left it. `shown`: whether the public has seen it."""

    id = fields.BigIntField(primary_key=True)
    post_id = fields.BigIntField()
    version = fields.IntField()
    editor_id = fields.BigIntField(null=True)
    edited_at = InstantField()
    reason = fields.CharField(max_length=500, null=True)
    title = fields.CharField(max_length=300)
    body_source = fields.TextField()
    body_html = fields.TextField()
    body_excerpt = fields.TextField()
    diff = fields.TextField(null=True)
    shown = fields.BooleanField(db_default=False)

    class Meta(Model.Meta):
        table = "post_revisions"
        unique_together = (("post_id", "version"),)
