"""A partner's program, written against the public API only, from its first question to the end of its access."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from hub.demo.loading import load
from hub.demo.story import STORY
from hub.settings import Settings
from hub.store.database import Database
from tests.cli.servers import environment, run, serving

SCRIPT = Path(__file__).with_name("script.py")
PATIENCE = 30
GRANT = (
    """mutation ($app: ID!) { grantApp(input: {appId: $app, scopes: [RSVPS_WRITE]}) { tokenOnce errors { code } } }"""
)
UNGRANT = "mutation ($app: ID!) { revokeGrant(input: {appId: $app}) { replayed errors { code } } }"
TOKENS = "query ($app: ID!) { node(id: $app) { ... on PartnerApp { tokens { id lastUsedAt } } } }"
REVOKE = "mutation ($id: ID!) { revokeAppToken(input: {id: $id}) { app { id } errors { code } } }"


async def shell(settings: Settings, *arguments: str) -> list[str]:
    code, output = await run(settings, *arguments)
    assert code == 0
    return output.split()


class Program:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def said(self, name: str) -> Any:
        """What the program says next, which must have this name."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            line = await self.process.stdout.readline()
        assert line, "the program ended"
        found = json.loads(line)
        assert name in found, found
        return found


async def test_a_partner_reads_and_writes_where_it_may_until_it_may_no_longer(settings: Settings):
    database = await Database.open(settings)
    await load(database, STORY)
    (member,) = await database.fetch(
        """select u.handle from memberships m join users u on u.id = m.user_id join clubs c on c.id = m.club_id
           where c.slug = 'lone-star-owners' and m.role = 'MEMBER' and u.role = 'MEMBER' order by m.id limit 1"""
    )
    await database.close()
    app, own = await shell(
        settings,
        *("app", "create", "Road trips", "--owner", "delia", "--club", "lone-star-owners"),
        *("--scopes", "CLUBS_READ,RSVPS_WRITE,COMMENTS_WRITE"),
    )
    (of_member,) = await shell(settings, "token", member["handle"])
    (of_owner,) = await shell(settings, "token", "delia", "--scopes", "ADMIN")
    async with serving(settings, "serve") as here, serving(settings, "serve") as there:
        granted = (await there.ask(GRANT, of_member, app=app))["data"]["grantApp"]
        addresses = {"HERE": here.address, "THERE": there.address}
        identity = {"APP": app}
        tokens = {"OWN": own, "FOR_MEMBER": granted["tokenOnce"]}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(SCRIPT)),
            env={**environment(settings), **addresses, **identity, **tokens},
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            program = Program(process)
            read = (await program.said("own"))["own"]["club"]
            assert read["name"] == "Lone Star Owners"
            assert {event["club"]["slug"] for event in read["events"]["nodes"]} == {"lone-star-owners"}
            assert (await program.said("elsewhere"))["elsewhere"] == {"club": None}
            rsvp = (await program.said("rsvp"))["rsvp"]
            assert rsvp == {"rsvp": {"status": "GOING", "user": member}, "errors": []}
            comment = (await program.said("comment"))["comment"]
            assert comment == {"comment": None, "errors": [{"code": "SCOPE_MISSING", "neededScope": "COMMENTS_WRITE"}]}
            private = (await program.said("private"))["private"]
            assert private == {
                "code": "SCOPE_MISSING",
                "neededScopes": ["USER_READ_PRIVATE"],
                "classification": "BAD_REQUEST",
            }
            budget = await program.said("budget")
            for cost in budget["budget"]:
                assert 0 < cost["requested"] < cost["limit"] == settings.app_cost_per_minute
                assert cost["limit"] - 10 * cost["requested"] < cost["remaining"] < cost["limit"]
            used = budget["app"]
            assert used["limits"]["costPerMinute"] == settings.app_cost_per_minute
            assert used["usage"]["requests"] >= 5
            assert used["usage"]["cost"] > used["usage"]["requests"]
            assert used["usage"]["errors"] == 1
            listening = {(await program.said("listening"))["listening"] for _ in range(3)}
            assert listening == {"own", "for member", "here"}

            # Each at one process, felt at the other.
            assert (await here.ask(UNGRANT, of_member, app=app))["data"]["revokeGrant"]["errors"] == []
            await ended(program, {"for member"})
            (token,) = (await here.ask(TOKENS, of_owner, app=app))["data"]["node"]["tokens"]
            assert token["lastUsedAt"] is not None
            assert (await here.ask(REVOKE, of_owner, id=token["id"]))["data"]["revokeAppToken"]["errors"] == []
            await ended(program, {"own", "here"})
            for text in tokens.values():
                refused = await there.ask("{ __typename }", text)
                assert [error["extensions"]["code"] for error in refused["errors"]] == ["UNAUTHENTICATED"]
            async with asyncio.timeout(PATIENCE):
                assert await process.wait() == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def ended(program: Program, names: set[str]) -> None:
    left = set(names)
    while left:
        end = await program.said("ended")
        left.remove(end["ended"])
        assert end["code"] == 4510
