from hub.clubs.models import ClubRow, MembershipRow
from hub.clubs.rules import visible_clubs, visible_memberships
from hub.store.tables import Table

clubs = Table(ClubRow, "Club", visible=visible_clubs)
memberships = Table(MembershipRow, "Membership", visible=visible_memberships, within={"club_id": clubs})
