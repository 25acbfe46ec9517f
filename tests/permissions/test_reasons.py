"""What staff say of an act goes into the log: it is looked at before anything else is."""

import pytest

from hub.graph.ids import to_global
from tests.client import Client
from tests.mutations import refused

TOO_LONG = "x" * 501
ACTS = {
    "setClubRole": ("membershipId", "Membership", {"role": "MEMBER"}),
    "removeMember": ("membershipId", "Membership", {}),
    "deleteComment": ("id", "Comment", {}),
    "cancelEvent": ("id", "Event", {}),
    "setAppStatus": ("id", "PartnerApp", {"status": "REVOKED"}),
}


@pytest.mark.parametrize("act", ACTS)
async def test_a_reason_is_no_longer_than_the_log_holds(client: Client, act: str) -> None:
    name, noun, given = ACTS[act]
    error = await refused(client, act, "otto", **{name: to_global(noun, 2**60), "reason": TOO_LONG, **given})
    assert (error["code"], error["path"], error["max"]) == ("TOO_LONG", ["input", "reason"], 500)
