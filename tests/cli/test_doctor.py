"""`hub doctor` finds what is wrong with a deployment, and a server does not start over a wrong setting."""

import asyncio
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from hub.cli import doctor
from hub.settings import Settings, doubts, inconsistencies, unknown_variables
from tests.cli.servers import environment

PATIENCE = 60


async def hub(settings: Settings, *arguments: str, **variables: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hub.cli", *arguments),
        env=environment(settings) | variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PATIENCE):
        output, errors = await process.communicate()
    return process.returncode or 0, output.decode(), errors.decode()


async def states(settings: Settings, workers: int = 1, **changed: Any) -> dict[str, doctor.Finding]:
    found = await doctor.examine(settings.model_copy(update=changed), workers)
    worst = {"ok": 0, "warning": 1, "wrong": 2}
    return {one.about: one for one in sorted(found, key=lambda one: worst[one.state])}


async def test_a_whole_deployment_is_well(settings: Settings):
    code, output, _ = await hub(settings, "doctor", "--json", HUB_SITE_URL="https://hub.example")
    findings = json.loads(output)
    assert code == 0
    assert {one["about"] for one in findings} >= {"settings", "secret key", "database", "migrations", "broker", "mail"}
    assert [one for one in findings if one["state"] == "wrong"] == []


async def test_a_database_without_migrations_is_told(settings: Settings, tmp_path: Path):
    found = await states(settings, data_dir=tmp_path / "new", database_url="")
    assert found["migrations"].state == "wrong"
    assert "hub migrate" in found["migrations"].says


async def test_services_that_are_away_are_told_and_the_rest_is_looked_at(settings: Settings):
    away = {"database_url": "postgres://x:secret@127.0.0.1:1/hub", "broker_url": "redis://127.0.0.1:1"}
    found = await states(settings, smtp_url="smtp://u:secret@127.0.0.1:1", secret_key=("k" * 32,), **away)
    for about in ("database", "broker", "mail"):
        assert found[about].state == "wrong", about
        assert "secret" not in found[about].says
    assert found["proxies"].state == "ok"


async def test_more_connections_than_the_database_takes_are_told(settings: Settings):
    if not settings.database_url:
        pytest.skip("SQLite has one connection")
    assert (await states(settings))["connections"].state == "ok"
    many = await states(settings, workers=100)
    assert many["connections"].state == "wrong"
    assert "HUB_DATABASE_CONNECTIONS" in many["connections"].says


@pytest.mark.parametrize(("seconds", "state"), [(0, "ok"), (3, "warning"), (60, "wrong"), (-60, "wrong")])
def test_a_clock_that_is_off_is_told(seconds: int, state: str):
    here = datetime(2026, 1, 1, tzinfo=UTC)
    assert doctor._clock(here + timedelta(seconds=seconds), here, here).state == state


async def test_a_mail_server_without_starttls_is_told(settings: Settings):
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(object()), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    found = await states(settings, smtp_url=f"smtp://127.0.0.1:{port}")
    server.close()
    assert found["mail"].state == "warning"
    assert "STARTTLS" in found["mail"].says


async def test_proxies_that_may_be_anybody_and_a_missing_key_are_told(settings: Settings):
    found = await states(
        settings, trusted_proxies=("0.0.0.0/0",), secret_key=(), database_url="postgres://127.0.0.1:1/hub"
    )
    assert found["proxies"].state == "wrong"
    assert found["secret key"].state == "wrong"


async def test_more_sockets_than_files_are_told(settings: Settings):
    found = await states(settings, sockets_total=10**9)
    assert found["open files"].state == "warning"
    assert (await states(settings, sockets_total=1, sockets_per_viewer=1))["open files"].state == "ok"


WRONG = {
    "HUB_SITE_URL": "hub.example",
    "HUB_TRUSTED_PROXIES": "10.0.0.0/8,proxy",
    "HUB_ALLOWED_ORIGINS": "club.example",
    "HUB_PAGE_SIZE": "none",
    "HUB_LOGINS_PER_ACCOUNT": "now and then",
    "HUB_SECRET_KEY": "short-and-secret",
}


@pytest.mark.parametrize("command", [("serve",), ("doctor",), ("work",), ("migrate",)])
async def test_each_wrong_setting_is_one_line_and_all_come_at_once(settings: Settings, command: tuple[str]):
    code, output, errors = await hub(settings, *command, **WRONG)
    lines = (output + errors).splitlines()
    assert code == 1
    assert len(lines) == len(WRONG)
    assert all(sum(name in line for line in lines) == 1 for name in WRONG)
    assert "short-and-secret" not in output + errors


def test_processes_of_one_database_need_a_key_in_production():
    shared = {"_env_file": None, "database_url": "postgres://hub@127.0.0.1/hub"}
    (line,) = inconsistencies(Settings(**shared, mode="production", secret_key=()))
    assert "HUB_SECRET_KEY" in line
    assert inconsistencies(Settings(**shared, mode="production", secret_key=("k" * 32,))) == []


def test_settings_that_cannot_do_what_they_say_are_told_and_let_a_server_start():
    odd = Settings(
        _env_file=None,
        database_url="",
        password_wait=20,
        comment_batch=5_000,
        sockets_per_address=10**6,
        push_private_key="k" * 43,
        mail_from="Hub <hub@localhost>",
    )
    assert inconsistencies(odd) == []
    told = " ".join(doubts(odd))
    assert all(
        name in told for name in ("HUB_PASSWORD_WAIT", "HUB_COMMENT_BATCH", "HUB_SOCKETS_TOTAL", "HUB_PUSH_CONTACT")
    )


def test_the_defaults_contradict_nothing():
    assert inconsistencies(bare := Settings(_env_file=None, database_url="")) == doubts(bare) == []


def test_a_misspelt_variable_is_noticed():
    given = [*os.environ, "HUB_DATABSE_URL", "HUB_TEST_BACKENDS", "HUB_PAGE_SIZE"]
    assert "HUB_DATABSE_URL" in unknown_variables(given)
    assert not {"HUB_TEST_BACKENDS", "HUB_PAGE_SIZE"} & set(unknown_variables(given))
