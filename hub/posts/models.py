from tortoise import fields
from tortoise.models import Model

from hub.store.instants import InstantField


class PostRow(Model):
    """An engagement post, shares its id with its `subjects` row.

    `visibility` is what the team chose, the subject's, which readers go by, stays PRIVATE until it is published.
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
    continues_id = fields.BigIntField(null=True)
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
