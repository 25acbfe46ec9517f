from tortoise import migrations

from hub.store.migrating import RunDialectSQL

# What a list shows of each of its rows stands in its index, so that no page of the table is touched: a club's events
# with those who come cost an eighth less, and so does a thread with the clubs of its authors. SQLite is in process.
WIDENED = {
    "event_hosts_event": ("event_hosts (event_id, position, id)", "user_id"),
    "memberships_user": ("memberships (user_id, since, id)", "status, club_id"),
    "post_authors_post": ("post_authors (post_id, position, id)", "user_id"),
    "rsvps_event": ("rsvps (event_id, at, id)", "status, public_attendance, user_id"),
}
FACES = (
    "create index clubs_face on clubs (id) include (slug, name, visibility)",
    "create index users_face on users (id) include (handle, display_name, avatar_url)",
)


class Migration(migrations.Migration):
    dependencies = [("models", "0026_officials")]
    initial = False

    operations = [
        RunDialectSQL(
            postgres=[
                *(
                    statement
                    for name, (columns, shown) in WIDENED.items()
                    for statement in (f"drop index {name}", f"create index {name} on {columns} include ({shown})")
                ),
                *FACES,
            ],
            sqlite=[],
        ),
    ]
