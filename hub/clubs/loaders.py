from hub.clubs.tables import clubs, memberships
from hub.store.loaders import Loader

_LISTED = "{t}.visibility <> 'UNLISTED'"

club_by_id = Loader(clubs, "id")
club_by_slug = Loader(clubs, "slug")
clubs_by_name = Loader(
    clubs, None, many=True, where=_LISTED, order=("name", "id"), args={"region": "{t}.region = {as_text arg_region}"}
)

membership_by_id = Loader(memberships, "id")
_ACTIVE = "{t}.status = 'ACTIVE'"
memberships_of_user = Loader(memberships, "user_id", many=True, where=_ACTIVE, order=("since", "id"))
members_of_club = Loader(
    memberships,
    "club_id",
    many=True,
    where=_ACTIVE,
    order=("since", "id"),
    args={"role": "{t}.role = {as_text arg_role}"},
)
pending_members_of_club = Loader(
    memberships, "club_id", many=True, where="{t}.status = 'REQUESTED'", order=("since", "id")
)
viewer_membership_of_club = Loader(memberships, "club_id", where="{t}.user_id = :viewer")
