from hub.actions.models import (
    ActionRow,
    ActionTallyRow,
    ConsentRow,
    FormFieldRow,
    MilestoneRow,
    ParticipationRow,
    RegionTallyRow,
)
from hub.actions.rules import CLOSED, visible_participations
from hub.store.tables import Derived, Table
from hub.subjects.tables import subjects

_TALLY = "(select at.{} from action_tallies at where at.id = {{t}}.id)"
_STATE = f"""case when {CLOSED} then 'CLOSED' when {{t}}.paused then 'PAUSED'
    when coalesce({{t}}.opens_at > {{now}}, false) then 'UPCOMING'
    when coalesce({_TALLY.format("value")} >= {{t}}.goal, false) then 'GOAL_REACHED' else 'OPEN' end"""

actions = Table(
    ActionRow,
    "Action",
    within={"post_id": subjects},
    derived={
        "state": Derived(_STATE, "text"),
        "tally_value": Derived(_TALLY.format("value"), "int"),
        "tally_as_of": Derived(_TALLY.format("as_of"), "instant"),
    },
)
consents = Table(ConsentRow, "", within={"action_id": actions})
# Whoever reaches one of these came through its action.
form_fields = Table(FormFieldRow, "FormField")
milestones = Table(MilestoneRow, "Milestone")
tallies = Table(ActionTallyRow, "")
region_tallies = Table(RegionTallyRow, "RegionTally")
participations = Table(ParticipationRow, "Participation", visible=visible_participations, within={"action_id": actions})
