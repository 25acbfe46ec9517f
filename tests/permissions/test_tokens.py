"""Tokens of apps and scripts at the same doors: never more than their person, their club and their scopes allow."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from hub.graph.fields import scopes_of
from hub.live.backend import Backend
from hub.partners.rules import SCOPES
from tests.client import Client
from tests.conftest import BACKENDS, _a_database
from tests.mutations import send
from tests.permissions.asking import SCHEMA, things
from tests.permissions.community import Community
from tests.permissions.deeds import DEEDS, Deed
from tests.permissions.roles import NOBODY
from tests.permissions.test_deeds import _LIMITS
from tests.permissions.test_matrix import PATIENT, SUBJECTS, Answers

pytestmark = pytest.mark.asyncio(loop_scope="module")

CLUBS = {"PUBLIC", "UNLISTED", "MEMBERS", "CLUB"}
# Whose token it is, of which app, with which scopes, and which of the club's things it sees besides the person's own.
IN_A_CLUB = {
    "app": (None, ("CLUBS_READ",), CLUBS),
    "app without scopes": (None, (), CLUBS - {"CLUB"}),
    "app for a member": ("club_member", ("CLUBS_READ",), CLUBS),
    "app for an outsider": ("author", SCOPES, CLUBS - {"CLUB"}),
    "app for an admin": ("admin", SCOPES, CLUBS - {"CLUB"}),
}
AS_ONESELF = {
    "script of the author": ("script", "author"),
    "script of an admin": ("script", "admin"),
    "script of a club's owner": ("script", "club_owner"),
    "app of the hub for a moderator": ("app", "moderator"),
    "app of the hub": ("app", NOBODY),
}
_ANYBODYS = {
    "recordOutreach",
    "addComment",
    "react",
    "rsvp",
    "participate",
    "withdrawParticipation",
    "withdrawByReceipt",
}
SCOPED = (
    {name for name, field in SCHEMA.mutation_type.fields.items() if scopes_of(field)} if SCHEMA.mutation_type else set()
)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=BACKENDS)
async def community(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Community]:
    folder = tmp_path_factory.mktemp("tokens") / "data"
    async with _a_database(request.param, folder, tmp_path_factory) as settings:
        backend = await Backend.open(settings.model_copy(update={**PATIENT, **dict.fromkeys(_LIMITS, 10**6)}))
        settled = await Community(Client(backend)).settle()
        powers = settled.powers
        for name, (role, scopes, _) in IN_A_CLUB.items():
            app = settled.ids["PartnerApp:bound"]
            token = await (powers.grant(app, role, *scopes) if role else powers.app_token(app, *scopes))
            settled.client.hold(name, token.text)
        free = settled.ids["PartnerApp:free"]
        for name, (kind, role) in AS_ONESELF.items():
            if kind == "script":
                token = await powers.personal_token(role)
            else:
                token = await (powers.app_token(free) if role == NOBODY else powers.grant(free, role))
            settled.client.hold(name, token.text)
        for role in ("admin", "author", "club_owner", "club_moderator"):
            settled.client.hold(f"all of {role}", (await powers.personal_token(role, *SCOPES)).text)
        yield settled
        await backend.close()


async def _seen_by(community: Community, holder: str, door: str) -> Any:
    answers = Answers(community)
    answers.client._tokens = community.client._tokens
    return await getattr(answers, f"_{door}")(holder)


def _names(community: Community, shown: dict[str, Any]) -> set[str]:
    names = {one: name for name, one in community.ids.items()}
    return {names[one] for one, answer in shown.items() if answer is not None}


def _is_in_club(name: str, role: str | None, visible: set[str]) -> bool:
    """Whether an app of the open club sees this thing of the community."""
    noun, of, *more = [*name.split(":"), "", ""]
    author = role == "author"
    return {
        "User": True,
        "Category": True,
        "Club": of == "open",
        "Membership": of == "open",
        "PartnerApp": of == "bound",
        "Sanction": of == role,
        **dict.fromkeys(SUBJECTS, of in visible or author),
        **dict.fromkeys(("PostUpdate", "OfficialResponse"), more[0] in visible or author),
        "Comment": of in {"HIDDEN", "REMOVED"} or author or (of != "PENDING" and more[0] in visible),
        "Action": author or more[0] in visible,
        "Participation": author or (more[0] in visible and "talker" in more),
        "Rsvp": author or (more[0] in visible and "talker" in more),
    }.get(noun, False)


@pytest.mark.parametrize("door", ["nodes", "node", "front"])
@pytest.mark.parametrize("holder", IN_A_CLUB)
async def test_an_app_of_a_club_sees_that_club_and_no_more(community: Community, holder: str, door: str) -> None:
    role, _, visible = IN_A_CLUB[holder]
    shown = await _seen_by(community, holder, door)
    names = {one: name for name, one in community.ids.items()}
    expected = {names[one] for one in shown if _is_in_club(names[one], role, visible)}
    assert _names(community, shown) == expected
    met = {thing["id"] for thing in things(shown)} & community.seen.keys()
    assert {names[one] for one in met if not _is_in_club(names[one], role, visible)} == set()


@pytest.mark.parametrize("holder", IN_A_CLUB)
async def test_what_it_meets_in_lists_is_its_club_s(community: Community, holder: str) -> None:
    role, _, visible = IN_A_CLUB[holder]
    names = {one: name for name, one in community.ids.items()}
    met = {thing["id"] for thing in things(await _seen_by(community, holder, "lists"))} & community.seen.keys()
    assert {names[one] for one in met if not _is_in_club(names[one], role, visible)} == set()
    assert any(names[one].startswith(SUBJECTS) for one in met)


@pytest.mark.parametrize("door", ["nodes", "node", "front", "lists"])
@pytest.mark.parametrize("holder", AS_ONESELF)
async def test_scopes_hide_nothing_that_names_none(community: Community, holder: str, door: str) -> None:
    role = AS_ONESELF[holder][1]
    person = await getattr(Answers(community), f"_{door}")(None if role == NOBODY else role.replace("_", "-"))
    seen, own = await _seen_by(community, holder, door), community.ids["PartnerApp:free"]
    if door in {"nodes", "node"} and role == NOBODY:
        assert seen.pop(own) is not None  # an app sees itself
        assert person.pop(own) is None
    assert seen == person


@pytest.mark.parametrize("field", ["auditLog { nodes { id } }", "jobs { nodes { id } }", "partnerApps { id }"])
@pytest.mark.parametrize("times", [1, 4])
async def test_the_back_office_asks_for_its_scope(community: Community, field: str, times: int) -> None:
    for _ in range(times):
        body = await community.client.ask(f"{{ {field} }}", "script of an admin")
        assert [error["extensions"]["code"] for error in body["errors"]] == ["SCOPE_MISSING"]
        assert "errors" not in await community.client.ask(f"{{ {field} }}", "all of admin")


@pytest.mark.parametrize("holder", ["script of the author", "app of the hub for a moderator"])
@pytest.mark.parametrize(
    "field",
    [
        *("email", "emailVerified", "sessions { id }", "sanctions { id }", "blockedUsers { nodes { id } }"),
        *("authorizedApps { since }", "personalTokens { id }", "pushDevices { id }"),
    ],
)
async def test_what_only_the_person_sees_asks_for_its_scope(community: Community, holder: str, field: str) -> None:
    body = await community.client.ask(f"{{ viewer {{ {field} }} }}", holder)
    assert [error["extensions"]["code"] for error in body["errors"]] == ["SCOPE_MISSING"]
    assert "errors" not in await community.client.ask(f"{{ viewer {{ {field} }} }}", "all of author")


async def _codes(community: Community, holder: str, deed: Deed, role: str) -> list[str]:
    body = await send(community.client, deed.mutation, holder, **await deed.given(community, role))
    assert "errors" not in body, body["errors"]
    return [error["code"] for error in body["data"][deed.mutation]["errors"]]


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: f"{deed.mutation}: {deed.what}")
async def test_a_script_with_all_scopes_does_what_its_person_does(community: Community, deed: Deed) -> None:
    for role in ("admin", "author", "club_owner", "club_moderator"):
        expected = deed.code_for(role) if deed.mutation in SCOPED else "FORBIDDEN"
        assert await _codes(community, f"all of {role}", deed, role) == ([expected] if expected else []), role


@pytest.mark.parametrize("deed", [deed for deed in DEEDS if "admin" in deed.by], ids=lambda deed: deed.mutation)
async def test_without_scopes_nothing_is_written(community: Community, deed: Deed) -> None:
    expected = "SCOPE_MISSING" if deed.mutation in SCOPED else "FORBIDDEN"
    assert await _codes(community, "script of an admin", deed, "admin") == [expected]


@pytest.mark.parametrize("deed", [deed for deed in DEEDS if "admin" in deed.by], ids=lambda deed: deed.mutation)
async def test_an_app_of_a_club_has_no_power_of_staff(community: Community, deed: Deed) -> None:
    """Only what any member may do in that club."""
    anyone = "member" in deed.by and deed.mutation in _ANYBODYS
    codes = await _codes(community, "app for an admin", deed, "admin")
    assert (codes == []) == anyone, codes
