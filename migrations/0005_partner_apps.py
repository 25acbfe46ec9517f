from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.migrations import operations as ops

from hub.store.instants import InstantField
from hub.store.migrating import RunDialectSQL

INDEXES = {
    "audit_log_at": "audit_log (at, id)",
    "audit_log_actor": "audit_log (actor_id, at, id)",
    "audit_log_target": "audit_log (target_id, at, id)",
    "audit_log_action": "audit_log (action, at, id)",
    "partner_apps_name": "partner_apps (name, id)",
    "partner_apps_club": "partner_apps (club_id, name, id)",
    "api_tokens_app": "api_tokens (app_id, created_at, id)",
    "api_tokens_user": "api_tokens (user_id, created_at, id)",
    "app_grants_user": "app_grants (user_id, since, id)",
}

POSTGRES = [
    """create or replace function refuse_change() returns trigger language plpgsql as
       $$ begin raise exception '% only grows', tg_table_name; end $$""",
    """create trigger audit_log_only_grows before update or delete or truncate on audit_log
       for each statement execute function refuse_change()""",
]
SQLITE = [
    f"""create trigger audit_log_no_{act} before {act} on audit_log
        begin select raise(abort, 'audit_log only grows'); end"""
    for act in ("update", "delete")
]


class Migration(migrations.Migration):
    dependencies = [("models", "0004_accounts")]
    initial = False

    operations = [
        ops.CreateModel(
            name='AuditRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('at', InstantField(auto_now=False, auto_now_add=False)),
                ('actor_id', fields.BigIntField(null=True)),
                ('app_id', fields.BigIntField(null=True)),
                ('action', fields.CharField(max_length=60)),
                ('target_kind', fields.CharField(max_length=30)),
                ('target_id', fields.BigIntField()),
                ('club_id', fields.BigIntField(null=True)),
                ('before', fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ('after', fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ('reason', fields.CharField(null=True, max_length=500)),
                ('request_id', fields.CharField(max_length=64)),
            ],
            options={'table': 'audit_log', 'app': 'models', 'pk_attr': 'id', 'table_description': 'An act, as it was. Its ids have no foreign keys, as it stays when what it is about is gone.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='PartnerAppRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('owner', fields.ForeignKeyField('models.UserRow', source_field='owner_id', db_index=True, db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('club', fields.ForeignKeyField('models.ClubRow', source_field='club_id', null=True, db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('name', fields.CharField(max_length=80)),
                ('name_key', fields.CharField(unique=True, max_length=80)),
                ('homepage', fields.CharField(null=True, max_length=500)),
                ('status', fields.CharField(db_default='ACTIVE', max_length=20)),
                ('scopes', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ('allowed_origins', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ('version', fields.IntField(db_default=1)),
                ('created_at', InstantField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'partner_apps', 'app': 'models', 'pk_attr': 'id', 'table_description': 'A program of a partner. `scopes` is the most that its tokens may have. Its stream has its id.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ApiTokenRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('app', fields.ForeignKeyField('models.PartnerAppRow', source_field='app_id', null=True, db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('user', fields.ForeignKeyField('models.UserRow', source_field='user_id', null=True, db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('name', fields.CharField(null=True, max_length=80)),
                ('digest', fields.CharField(unique=True, max_length=64)),
                ('prefix', fields.CharField(max_length=20)),
                ('scopes', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ('created_at', InstantField(auto_now=False, auto_now_add=False)),
                ('last_used_at', InstantField(null=True, auto_now=False, auto_now_add=False)),
                ('expires_at', InstantField(auto_now=False, auto_now_add=False)),
                ('revoked_at', InstantField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'api_tokens', 'app': 'models', 'pk_attr': 'id', 'table_description': "A token with scopes: an app's own (without user), an app's for a member (both), a person's script's (no app)."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='AppGrantRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('app', fields.ForeignKeyField('models.PartnerAppRow', source_field='app_id', db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('user', fields.ForeignKeyField('models.UserRow', source_field='user_id', db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('scopes', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ('since', InstantField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'app_grants', 'app': 'models', 'unique_together': (('app_id', 'user_id'),), 'pk_attr': 'id', 'table_description': 'That a member lets an app act for them.'},
            bases=['Model'],
        ),
        ops.RunSQL(
            [f"create index {name} on {columns}" for name, columns in INDEXES.items()],
            reverse_sql=[f"drop index {name}" for name in INDEXES],
        ),
        RunDialectSQL(postgres=POSTGRES, sqlite=SQLITE),
    ]
