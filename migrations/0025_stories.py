from tortoise import fields, migrations
from tortoise.migrations import operations as ops

_SHOWN = (
    "index participations_shown on participations (action_id, id)"
    " where status = 'COUNTED' and (display_name is not null or public_note is not null{})"
)
INDEXES = {
    "participations_shown": _SHOWN.format(" or review = 'APPROVED'"),
    "participations_to_review": "index participations_to_review on participations (action_id, review, id)"
    " where review is not null",
}


class Migration(migrations.Migration):
    dependencies = [("models", "0024_clicks")]
    initial = False

    operations = [
        ops.AddField(model_name="ParticipationRow", name="story_source", field=fields.TextField(null=True)),
        ops.AddField(model_name="ParticipationRow", name="story_html", field=fields.TextField(null=True)),
        ops.AddField(model_name="ParticipationRow", name="story_excerpt", field=fields.TextField(null=True)),
        ops.AddField(
            model_name="ParticipationRow", name="review", field=fields.CharField(null=True, max_length=10)
        ),
        ops.RunSQL(
            ["drop index participations_shown", *(f"create {sql}" for sql in INDEXES.values())],
            reverse_sql=[*(f"drop index {name}" for name in INDEXES), f"create {_SHOWN.format('')}"],
        ),
    ]
