from dataclasses import replace

from hub.actions.rules import SHOWN, TAKES
from hub.actions.tables import (
    actions,
    all_participations,
    form_fields,
    milestones,
    officials,
    outreach,
    participations,
    region_tallies,
    shifts,
)
from hub.posts.loaders import posts_listed
from hub.store.loaders import Loader
from hub.store.tables import fill

action_by_id = Loader(actions, "id")
action_of_post = Loader(actions, "post_id")
fields_of_action = Loader(form_fields, "action_id", many=True, order=("position",))
shifts_of_action = Loader(shifts, "action_id", many=True, order=("starts_at", "id"))
shift_by_id = Loader(shifts, "id")
officials_of_action = Loader(
    officials,
    "action_id",
    many=True,
    order=("position", "id"),
    args={"region": "({t}.region is null or {t}.region = {as_text arg_region})"},
)
official_by_id = Loader(officials, "id")
outreach_of_participation = Loader(outreach, "participation_id", many=True, order=("-id",))
milestones_of_action = Loader(milestones, "action_id", many=True, order=("at",))
milestone_by_id = Loader(milestones, "id")
regions_of_action = Loader(region_tallies, "action_id", many=True, where="{t}.value > 0", order=("-value", "-id"))

participation_by_id = Loader(participations, "id")
participations_of_action = Loader(
    all_participations,
    "action_id",
    many=True,
    order=("id",),
    args={
        "status": "{t}.status = {as_text arg_status}",
        "review": "{t}.review = {as_text arg_review} and {t}.status = 'COUNTED'",
    },
)
public_participations_of_action = Loader(participations, "action_id", many=True, where=SHOWN, order=("-id",))
participations_of_user = Loader(participations, "user_id", many=True, order=("-id",))
viewer_participation_of_action = Loader(participations, "action_id", where="{t}.user_id = :viewer")

_OPEN = f"exists (select 1 from actions oa where oa.post_id = {{t}}.id and {fill(TAKES, 'oa')})"
posts_with_open_action = replace(posts_listed, where=f"{posts_listed.where} and {_OPEN}")
