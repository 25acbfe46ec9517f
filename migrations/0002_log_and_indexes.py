from tortoise import migrations
from tortoise.migrations import operations as ops

from hub.store.migrating import RunDialectSQL

INDEXES = {
    "subjects_kind_active": "subjects (kind, last_activity_at, id)",
    "subjects_kind_created": "subjects (kind, created_at, id)",
    "subjects_kind_comments": "subjects (kind, comment_count, id)",
    "subjects_category_active": "subjects (category_id, last_activity_at, id)",
    "subjects_club_active": "subjects (club_id, kind, last_activity_at, id)",
    "subjects_author_created": "subjects (author_id, kind, created_at, id)",
    "posts_listed": "posts (listed_at, id)",
    "post_authors_post": "post_authors (post_id, position, id)",
    "post_clubs_post": "post_clubs (post_id, position, id)",
    "post_clubs_club": "post_clubs (club_id, listed_at, post_id)",
    "events_start": "events (starts_at, id)",
    "events_club_start": "events (club_id, starts_at, id)",
    "event_hosts_event": "event_hosts (event_id, position, id)",
    "rsvps_event": "rsvps (event_id, at, id)",
    "rsvps_user": "rsvps (user_id, at, id)",
    "clubs_name": "clubs (name, id)",
    "memberships_club": "memberships (club_id, since, id)",
    "memberships_user": "memberships (user_id, since, id)",
    "comments_parent": "comments (parent_id, number)",
    "comments_author": "comments (author_id, created_at, id)",
    "categories_position": "categories (position, id)",
}
ROOTS = "create index comments_roots on comments (subject_id, number) where parent_id is null"
LOG_BY_AGE = "create index log_at on log (at)"


class Migration(migrations.Migration):
    dependencies = [("models", "0001_initial")]
    initial = False

    operations = [
        RunDialectSQL(
            postgres=[
                """create table log (
                    stream_id bigint not null,
                    seq bigint not null,
                    kind varchar(30) not null,
                    ref_id bigint not null,
                    at timestamptz(3) not null,
                    tx xid8 not null default pg_current_xact_id(),
                    primary key (stream_id, seq)
                )""",
                LOG_BY_AGE,
            ],
            sqlite=[
                """create table log (
                    tx integer primary key autoincrement,
                    stream_id bigint not null,
                    seq bigint not null,
                    kind varchar(30) not null,
                    ref_id bigint not null,
                    at text not null,
                    unique (stream_id, seq)
                )""",
                LOG_BY_AGE,
            ],
        ),
        ops.RunSQL(
            [*(f"create index {name} on {columns}" for name, columns in INDEXES.items()), ROOTS],
            reverse_sql=[f"drop index {name}" for name in [*INDEXES, "comments_roots"]],
        ),
    ]
