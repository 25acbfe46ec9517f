from hub.actions.models import (
    ActionRow,
    ActionTallyRow,
    ConsentRow,
    FormFieldRow,
    MilestoneRow,
    OfficialRow,
    OutreachRow,
    ParticipationRow,
    RegionTallyRow,
    ShiftRow,
)
from hub.actions.rules import (
    CLOSED,
    DELIVERED,
    TEAM,
    shows_all,
    shows_story,
    visible_outreach,
    visible_participations,
    visible_to_team,
)
from hub.posts.tables import posts
from hub.store.audience import Standing
from hub.store.sql import Kind
from hub.store.tables import Derived, Table
from hub.subjects.tables import subjects

_TALLY = "(select at.{} from action_tallies at where at.id = {{t}}.id)"
_STATE = f"""case when {DELIVERED} then 'DELIVERED' when {CLOSED} then 'CLOSED' when {{t}}.paused then 'PAUSED'
    when coalesce({{t}}.opens_at > {{now}}, false) then 'UPCOMING'
    when coalesce({_TALLY.format("value")} >= {{t}}.goal, false)
        or coalesce({_TALLY.format("pledged")} >= {{t}}.pledge_goal, false) then 'GOAL_REACHED' else 'OPEN' end"""
_PRECISION = """case when exists (select 1 from participations wp where wp.action_id = {t}.id
    and wp.counted <> (wp.status = 'COUNTED')) then 'ESTIMATED' else 'EXACT' end"""

# The largest number that the graph shows as one.
_LARGEST = 2**31 - 1
_PLEDGED = f"case when {_TALLY.format('pledged')} > {_LARGEST} then {_LARGEST} else {_TALLY.format('pledged')} end"
_PLEDGE_PRECISION = f"case when {_TALLY.format('pledged')} > {_LARGEST} then 'CAPPED' else {_PRECISION} end"

_OPEN_TO_ALL = f"""exists (select 1 from {posts.source("xp", "xs")} where xp.id = {{t}}.post_id
    and {posts.visible(Standing.ANONYMOUS, "xp", "xs")})"""


def _clicks(standing: Standing) -> str:
    return _TALLY.format("clicks") if standing in TEAM else "cast(null as integer)"


_LETTER = "(select la.{} from actions la where la.id = {{t}}.action_id)"
_CONTACTS = """(select count(*) from (select 1 as one from action_outreach ao
    join participations ap on ap.id = ao.participation_id
    where ao.official_id = {t}.id and ap.status = 'COUNTED' limit 10000) made)"""


def _contacts(standing: Standing) -> str:
    return f"cast({_CONTACTS} as integer)" if standing in TEAM else "cast(null as integer)"


def _viewer_name(standing: Standing) -> str:
    name = "(select vu.display_name from users vu where vu.id = :viewer)"
    return name if standing.signed_in else "cast(null as text)"


def _shown(column: str, kind: Kind) -> Derived:
    """Null where only what is for everybody is shown."""

    def sql(standing: Standing) -> str:
        return f"case when {shows_all(standing)} then {{t}}.{column} end"

    return Derived(sql, kind, null=True)


def _of_story(column: str) -> Derived:
    def sql(standing: Standing) -> str:
        return f"case when {shows_story(standing)} then {{t}}.{column} end"

    return Derived(sql, "text", null=True)


actions = Table(
    ActionRow,
    "Action",
    within={"post_id": subjects},
    derived={
        "state": Derived(_STATE, "text"),
        "tally_value": Derived(_TALLY.format("value"), "int"),
        "tally_as_of": Derived(_TALLY.format("as_of"), "instant"),
        # Read with the action's row, so never later than its tally: a repeat, not a gap.
        "stream_epoch": Derived("(select st.epoch from streams st where st.id = {t}.id)", "id"),
        "stream_seq": Derived("(select st.last_seq from streams st where st.id = {t}.id)", "id"),
        "tally_precision": Derived(_PRECISION, "text"),
        "open_to_all": Derived(_OPEN_TO_ALL, "bool"),
        "shown_clicks": Derived(_clicks, "int", null=True),
        "pledged": Derived(_PLEDGED, "int"),
        "pledge_precision": Derived(_PLEDGE_PRECISION, "text"),
    },
)
consents = Table(ConsentRow, "", within={"action_id": actions})
# Whoever reaches one of these came through its action.
form_fields = Table(FormFieldRow, "FormField")
shifts = Table(
    ShiftRow,
    "Shift",
    derived={
        "places_left": Derived("case when {t}.booked >= {t}.places then 0 else {t}.places - {t}.booked end", "int")
    },
)
officials = Table(
    OfficialRow,
    "Official",
    derived={
        "letter_subject": Derived(_LETTER.format("letter_subject"), "text", null=True),
        "letter_body": Derived(_LETTER.format("letter_body"), "text", null=True),
        "viewer_name": Derived(_viewer_name, "text", null=True),
        "shown_contacts": Derived(_contacts, "int", null=True),
    },
)
milestones = Table(MilestoneRow, "Milestone")
tallies = Table(ActionTallyRow, "")
region_tallies = Table(RegionTallyRow, "RegionTally")
_CAME = "({t}.referral is not null or {t}.referral_url is not null or {t}.app_id is not null)"


def _shows_where_from(standing: Standing) -> str:
    return f"({shows_all(standing)}) and {_CAME}"


_SHOWN = {
    "shown_user_id": _shown("user_id", "id"),
    "shown_receipt": _shown("receipt", "text"),
    "shows_where_from": Derived(_shows_where_from, "bool"),
    "shown_referral": _shown("referral", "text"),
    "shown_referral_url": _shown("referral_url", "text"),
    "shown_referrer_id": _shown("referrer_id", "id"),
    "shown_app_id": _shown("app_id", "id"),
    "shown_amount": _shown("amount", "int"),
    "shown_shift_id": _shown("shift_id", "id"),
    "shown_answers": _shown("answers", "json"),
    "shown_review": _shown("review", "text"),
    "body_source": _of_story("story_source"),
    "body_html": _of_story("story_html"),
    "body_excerpt": _of_story("story_excerpt"),
}
_WITHIN = {"action_id": actions}
participations = Table(
    ParticipationRow, "Participation", visible=visible_participations, within=_WITHIN, derived=_SHOWN
)
# The same rows as a list, which is for the team: others would have it search a million for the few that they see.
all_participations = Table(ParticipationRow, "Participation", visible=visible_to_team, within=_WITHIN, derived=_SHOWN)
outreach = Table(OutreachRow, "Outreach", visible=visible_outreach, within={"participation_id": participations})
