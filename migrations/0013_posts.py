from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from hub.store.instants import InstantField

INDEXES = {
    "posts_feed": "posts (prominence, listed_at, id)",
    "posts_of_topic": "posts (topic_id, listed_at, id)",
    "topics_by_name": "topics (name, id)",
    "post_updates_of_post": "post_updates (post_id, published_at, id)",
    "post_responses_of_post": "post_responses (post_id, published_at, id)",
}


class Migration(migrations.Migration):
    dependencies = [("models", "0012_waiting_lists")]
    initial = False

    operations = [
        ops.CreateModel(
            name='OfficialResponseRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('post_id', fields.BigIntField()),
                ('sender', fields.CharField(max_length=200)),
                ('outcome', fields.CharField(null=True, max_length=500)),
                ('body_source', fields.TextField(unique=False)),
                ('body_html', fields.TextField(unique=False)),
                ('body_excerpt', fields.TextField(unique=False)),
                ('published_at', InstantField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'post_responses', 'app': 'models', 'pk_attr': 'id', 'table_description': 'What those whom a post asks have answered, and what came of it.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='PostRevisionRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('post_id', fields.BigIntField()),
                ('version', fields.IntField()),
                ('editor_id', fields.BigIntField(null=True)),
                ('edited_at', InstantField(auto_now=False, auto_now_add=False)),
                ('reason', fields.CharField(null=True, max_length=500)),
                ('title', fields.CharField(max_length=300)),
                ('body_source', fields.TextField(unique=False)),
                ('body_html', fields.TextField(unique=False)),
                ('body_excerpt', fields.TextField(unique=False)),
                ('diff', fields.TextField(null=True, unique=False)),
                ('shown', fields.BooleanField(db_default=False)),
            ],
            options={'table': 'post_revisions', 'app': 'models', 'unique_together': (('post_id', 'version'),), 'pk_attr': 'id', 'table_description': "A post's text as one save left it. `shown`: whether the public has seen it."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='PostTranslationRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('post_id', fields.BigIntField()),
                ('locale', fields.CharField(max_length=35)),
                ('title', fields.CharField(max_length=300)),
                ('summary', fields.CharField(null=True, max_length=1000)),
                ('body_source', fields.TextField(unique=False)),
                ('body_html', fields.TextField(unique=False)),
                ('body_excerpt', fields.TextField(unique=False)),
                ('machine', fields.BooleanField(db_default=False)),
            ],
            options={'table': 'post_translations', 'app': 'models', 'unique_together': (('post_id', 'locale'),), 'pk_attr': 'id', 'table_description': 'A post in another language than its own, one a language.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='PostUpdateRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('post_id', fields.BigIntField()),
                ('author_id', fields.BigIntField()),
                ('body_source', fields.TextField(unique=False)),
                ('body_html', fields.TextField(unique=False)),
                ('body_excerpt', fields.TextField(unique=False)),
                ('published_at', InstantField(auto_now=False, auto_now_add=False)),
                ('notified', fields.BooleanField(db_default=False)),
            ],
            options={'table': 'post_updates', 'app': 'models', 'pk_attr': 'id', 'table_description': 'A word on how a post goes on, appended to it and never changed.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='TopicRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('slug', fields.CharField(unique=True, max_length=120)),
                ('name', fields.CharField(max_length=120)),
            ],
            options={'table': 'topics', 'app': 'models', 'pk_attr': 'id', 'table_description': 'What several posts are about.'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='PostRow',
            name='hero_alt',
            field=fields.CharField(null=True, max_length=500),
        ),
        ops.AddField(
            model_name='PostRow',
            name='hero_url',
            field=fields.CharField(null=True, max_length=500),
        ),
        ops.AddField(
            model_name='PostRow',
            name='prominence',
            field=fields.IntField(db_default=0),
        ),
        ops.AddField(
            model_name='PostRow',
            name='publish_at',
            field=InstantField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='PostRow',
            name='topic_id',
            field=fields.BigIntField(null=True),
        ),
        ops.RunSQL(
            [
                *(f"create index {name} on {columns}" for name, columns in INDEXES.items()),
                "update posts set prominence = 1 where pinned",
                # What stands there is where revisions begin, with the post's own id.
                """insert into post_revisions (id, post_id, version, editor_id, edited_at, title, body_source,
                       body_html, body_excerpt, shown)
                   select p.id, p.id, p.version, s.author_id, coalesce(p.edited_at, s.created_at), p.title,
                       p.body_source, p.body_html, p.body_excerpt, p.status not in ('DRAFT')
                   from posts p join subjects s on s.id = p.id""",
            ],
            reverse_sql=[f"drop index {name}" for name in INDEXES],
        ),
    ]
