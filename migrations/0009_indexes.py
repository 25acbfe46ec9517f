from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

# Each of them is the beginning of another index, which also has the order of its list; the shorter one tempted
# PostgreSQL to sort, and cost each write.
SHADOWED = {
    ("MembershipRow", "club", "ClubRow"): "idx_memberships_club_id_34f1c7",
    ("MembershipRow", "user", "UserRow"): "idx_memberships_user_id_6b1e99",
    ("RsvpRow", "event", "SubjectRow"): "idx_rsvps_event_i_a4e5ea",
    ("RsvpRow", "user", "UserRow"): "idx_rsvps_user_id_115d06",
}

MISSING = {
    "subjects_category_created": "subjects (category_id, created_at, id)",
    "subjects_category_comments": "subjects (category_id, comment_count, id)",
}


class DropIndex(ops.AlterField):
    """The field without its index. By name, because Tortoise would rebuild SQLite's table for it."""

    def __init__(self, model_name: str, name: str, target: str, index: str) -> None:
        field = fields.ForeignKeyField(
            f"models.{target}",
            source_field=f"{name}_id",
            db_constraint=True,
            to_field="id",
            on_delete=OnDelete.RESTRICT,
        )
        super().__init__(model_name, name, field)
        self._index = index

    async def database_forward(
        self, app_label: str, old_state: Any, new_state: Any, state_editor: Any | None = None
    ) -> None:
        if state_editor is not None:
            await state_editor.client.execute_script(f'drop index if exists "{self._index}"')

    async def database_backward(
        self, app_label: str, old_state: Any, new_state: Any, state_editor: Any | None = None
    ) -> None:
        if state_editor is not None:
            table = old_state.apps.get_model(f"{app_label}.{self.model_name}")._meta.db_table
            await state_editor.client.execute_script(f'create index "{self._index}" on {table} ({self.name}_id)')


class Migration(migrations.Migration):
    dependencies = [("models", "0008_jobs")]
    initial = False

    operations = [
        *(DropIndex(model, name, target, index) for (model, name, target), index in SHADOWED.items()),
        ops.RunSQL(
            [f"create index {name} on {columns}" for name, columns in MISSING.items()],
            reverse_sql=[f"drop index {name}" for name in MISSING],
        ),
    ]
