from tortoise import migrations
from tortoise.migrations import operations as ops
from hub.store.instants import InstantField
from tortoise.fields.base import OnDelete
from tortoise import fields

from hub.store.migrating import RunDialectSQL

INDEXES = {
    "sanctions_user": "sanctions (user_id, at, id)",
    # What looks like another handle, as `skeleton` of the rules says it.
    "users_skeleton": """users (replace(replace(replace(replace(replace(replace(replace(
        handle_key, '-', '_'), '.', '_'), '0', 'o'), '1', 'l'), 'i', 'l'), 'rn', 'm'), 'vv', 'w'))""",
}
IN_FORCE = "create index sanctions_in_force on sanctions (user_id) where lifted_at is null"
# Bans were a column; its other words come from sanctions too from now on.
SANCTIONS = """insert into sanctions (id, user_id, kind, reason, at)
    select id, id, case status when 'BANNED' then 'BAN' when 'SUSPENDED' then 'SUSPENSION' else 'MUTE' end,
        'Laid on before reasons were kept.', {now}
    from users where status in ('BANNED', 'SUSPENDED', 'RESTRICTED')"""
STATUS = "update users set status = 'ACTIVE' where status in ('BANNED', 'SUSPENDED', 'RESTRICTED')"


class Migration(migrations.Migration):
    dependencies = [('models', '0003_streams_of_people')]

    initial = False

    operations = [
        ops.CreateModel(
            name='RegistrationRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('handle', fields.CharField(max_length=60)),
                ('display_name', fields.CharField(max_length=120)),
                ('email', fields.CharField(max_length=254)),
                ('password_hash', fields.CharField(max_length=200)),
                ('at', InstantField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'registrations', 'app': 'models', 'pk_attr': 'id', 'table_description': 'Somebody who wants to join. Becomes a person of the same id when the address is verified.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='SanctionRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('user', fields.ForeignKeyField('models.UserRow', source_field='user_id', db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('kind', fields.CharField(max_length=20)),
                ('reason', fields.CharField(max_length=1000)),
                ('by_id', fields.BigIntField(null=True)),
                ('at', InstantField(auto_now=False, auto_now_add=False)),
                ('expires_at', InstantField(null=True, auto_now=False, auto_now_add=False)),
                ('lifted_at', InstantField(null=True, auto_now=False, auto_now_add=False)),
                ('lifted_by_id', fields.BigIntField(null=True)),
            ],
            options={'table': 'sanctions', 'app': 'models', 'pk_attr': 'id', 'table_description': 'What staff laid on a person. In force until it ends or is lifted, by the clock of the database.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='SessionRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('user', fields.ForeignKeyField('models.UserRow', source_field='user_id', db_index=True, db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('device', fields.CharField(null=True, max_length=100)),
                ('started_at', InstantField(auto_now=False, auto_now_add=False)),
                ('last_seen_at', InstantField(auto_now=False, auto_now_add=False)),
                ('refresh_digest', fields.CharField(max_length=64)),
                ('spent_digest', fields.CharField(null=True, max_length=64)),
                ('expires_at', InstantField(auto_now=False, auto_now_add=False)),
                ('ended_at', InstantField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'sessions', 'app': 'models', 'pk_attr': 'id', 'table_description': 'One sign-in, kept alive by its refresh token. Digests of the present one and of the one spent last.'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='AccountRow',
            name='email_verified_at',
            field=InstantField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='AccountRow',
            name='wanted_email',
            field=fields.CharField(null=True, max_length=254),
        ),
        ops.AddField(
            model_name='TokenRow',
            name='session',
            field=fields.ForeignKeyField('models.SessionRow', source_field='session_id', null=True, db_index=True, db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT),
        ),
        ops.RunSQL(
            [*(f"create index {name} on {columns}" for name, columns in INDEXES.items()), IN_FORCE],
            reverse_sql=[f"drop index {name}" for name in [*INDEXES, "sanctions_in_force"]],
        ),
        RunDialectSQL(
            postgres=[SANCTIONS.format(now="clock_timestamp()"), STATUS],
            sqlite=[SANCTIONS.format(now="strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"), STATUS],
        ),
    ]
