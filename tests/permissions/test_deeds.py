"""Each mutation in each role does what the table says, and `viewerCan` tells the same before."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from hub.graph.abilities import Ability
from hub.graph.ids import from_global, to_global
from hub.live.backend import Backend
from tests.client import Client
from tests.conftest import BACKENDS, _a_database
from tests.mutations import send
from tests.permissions.asking import SCHEMA, type_named
from tests.permissions.community import Community
from tests.permissions.deeds import DEEDS, Deed, readme_table
from tests.permissions.roles import NOBODY, ROLES, handle_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

ABILITIES = [ability.name for ability in Ability]
_LIMITS = ("apps", "api_tokens", "app_grants", "sessions_per_person")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=BACKENDS)
async def community(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Community]:
    folder = tmp_path_factory.mktemp("deeds") / "data"
    async with _a_database(request.param, folder, tmp_path_factory) as settings:
        backend = await Backend.open(settings.model_copy(update=dict.fromkeys(_LIMITS, 10**6)))
        yield await Community(Client(backend)).settle()
        await backend.close()


async def test_each_mutation_and_ability_has_its_place() -> None:
    assert SCHEMA.mutation_type is not None
    assert {deed.mutation for deed in DEEDS} == set(SCHEMA.mutation_type.fields)
    judged = {deed.ability for deed in DEEDS if deed.ability}
    assert judged | {"VIEW", "MANAGE_MEMBERS", "SEE_PARTICIPANTS"} == set(ABILITIES)


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: f"{deed.mutation}: {deed.what}")
async def test_a_deed_is_for_the_roles_of_the_table(community: Community, deed: Deed) -> None:
    for role in ROLES:
        given = await deed.given(community, role)
        expected = deed.code_for(role)
        if deed.ability is not None:
            told = await _told(community, role, given[deed.on], deed.ability)
            if told is not None:
                assert (told["allowed"], told["reason"]) == (expected is None, expected), role
            else:
                assert expected is not None, role  # hidden, so refused
        body = await send(community.client, deed.mutation, handle_of(role), **given)
        if "errors" in body:
            codes = [error["extensions"]["code"] for error in body["errors"]]
        else:
            codes = [error["code"] for error in body["data"][deed.mutation]["errors"]]
        assert codes == ([expected] if expected else []), role


# What they do is looked at: whether nobody in particular may, depends on it.
_FOR_NOBODY_TOO = {deed.mutation for deed in DEEDS if NOBODY in deed.by}


@pytest.mark.parametrize(
    "deed", [deed for deed in DEEDS if deed.mutation not in _FOR_NOBODY_TOO], ids=lambda deed: deed.mutation
)
async def test_who_is_not_signed_in_is_told_nothing_else(community: Community, deed: Deed) -> None:
    given = await deed.given(community, NOBODY)
    spoilt = {name: _spoilt(name, value) for name, value in given.items()}
    body = await send(community.client, deed.mutation, None, **spoilt)
    assert [error["extensions"]["code"] for error in body["errors"]] == ["UNAUTHENTICATED"]


def _spoilt(name: str, value: object) -> object:
    """What would be refused in another way, if anybody looked at it."""
    if name.lower().endswith("id"):
        return to_global(from_global(str(value))[0], 2**60)
    return "" if name in {"body", "title"} else "no such kind" if (name, value) == ("kind", "like") else value


async def _told(community: Community, role: str, thing: str, ability: str) -> dict[str, object] | None:
    """What `viewerCan` says, by execution and by plan alike."""
    document = f"""query ($id: ID!) {{ node(id: $id) {{ ... on Permissioned {{
        viewerCan(abilities: [{ability}, {ability}]) {{ __typename ability allowed reason retryAt }} }} }} }}"""
    node, *more = [(await community.client.data(document, handle_of(role), id=thing))["node"] for _ in range(3)]
    assert more == [node, node]
    if node is None:
        return None
    (state,) = node["viewerCan"]
    assert (state.pop("__typename"), state.pop("ability"), state.pop("retryAt")) == ("AbilityState", ability, None)
    return state


@pytest.mark.parametrize("role", ROLES)
async def test_the_members_of_a_club_are_managed_by_those_whom_viewer_can_names(
    community: Community, role: str
) -> None:
    told = await _told(community, role, community.ids["Club:open"], "MANAGE_MEMBERS")
    (deed,) = [one for one in DEEDS if one.what == "remove a member of the club"]
    assert told == {"allowed": role in deed.by, "reason": deed.code_for(role)}


@pytest.mark.parametrize("noun", ["User", "Thread", "Comment", "Post", "Club", "Event"])
async def test_each_thing_is_judged_by_its_own_abilities(community: Community, noun: str) -> None:
    assert "Permissioned" in {interface.name for interface in type_named(noun).interfaces}
    thing = next(one for name, one in community.ids.items() if name.startswith(f"{noun}:"))
    document = f"""query ($id: ID!) {{ node(id: $id) {{ ... on Permissioned {{
        viewerCan(abilities: [{", ".join(ABILITIES)}]) {{ ability allowed reason }} }} }} }}"""
    states = (await community.client.data(document, "admin", id=thing))["node"]["viewerCan"]
    assert [state["ability"] for state in states] == ABILITIES
    assert states[0] == {"ability": "VIEW", "allowed": True, "reason": None}
    meant = {state["ability"] for state in states if state["reason"] != "INVALID"}
    assert (
        meant
        == {
            "User": {"VIEW", "BLOCK"},
            "Thread": {"VIEW", "COMMENT", "REACT"},
            "Comment": {"VIEW", "COMMENT", "REACT", "EDIT", "DELETE"},
            "Post": {"VIEW", "COMMENT", "REACT", "EDIT", "PUBLISH"},
            "Club": {"VIEW", "JOIN", "MANAGE_MEMBERS"},
            "Event": {"VIEW", "COMMENT", "RSVP", "EDIT"},
        }[noun]
    )


async def test_the_readme_shows_the_table() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    assert readme_table() in readme, f"put this into the README:\n{readme_table()}"


async def test_a_stale_version_is_told_before_anything_else_of_a_post(community: Community) -> None:
    given = {"kind": "UPDATE", "title": "", "body": "", "expectedVersion": 9}
    body = await send(community.client, "savePost", "admin", id=community.ids["Post:PUBLIC"], **given)
    assert [error["code"] for error in body["data"]["savePost"]["errors"]] == ["CONFLICT"]
