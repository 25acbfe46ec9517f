"""Mail leaves by SMTP, or into a folder, or not at all; and never holds up who asked for it."""

import asyncio
import email
import email.policy
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from hub.mail.letters import Mail
from hub.mail.sending import Mailer
from hub.settings import Settings
from hub.users.letters import LETTERS
from tests.client import Client
from tests.letters import token_in
from tests.mutations import write

MAIL = Mail("greeting", "ines@example.org", "Grüße", "Hello\n\nthere\n", "<p>Hello</p>", {"List-Id": "<x.example>"})


class Desk:
    """A mail server in this process, which keeps what it gets; `refuse` makes it say no."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.refuse = False

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - its name in aiosmtpd
        if self.refuse:
            return "554 No"
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.got.append((envelope.rcpt_tos, message))
        return "250 OK"


@pytest.fixture
async def desk() -> AsyncIterator[tuple[Desk, str]]:
    keeper = Desk()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(keeper, hostname="desk"), "127.0.0.1", 0)
    yield keeper, f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    await server.wait_closed()


async def test_a_mail_arrives_in_both_forms(desk: tuple[Desk, str]) -> None:
    keeper, url = desk
    await Mailer(Settings(smtp_url=url, mail_from="Hub <hub@hub.example>")).send(MAIL)
    ((recipients, message),) = keeper.got
    assert recipients == ["ines@example.org"]
    assert (message["From"], message["To"], message["Subject"]) == ("Hub <hub@hub.example>", MAIL.to, "Grüße")
    assert (message["Auto-Submitted"], message["List-Id"]) == ("auto-generated", "<x.example>")
    assert message["Message-ID"].endswith("@hub.example>")
    assert message.get_body(("plain",)).get_content().splitlines() == MAIL.text.splitlines()
    assert message.get_body(("html",)).get_content().strip() == MAIL.html


async def test_who_joins_gets_the_link_by_mail(client: Client, desk: tuple[Desk, str]) -> None:
    keeper, url = desk
    here = client.under(smtp_url=url)
    given = {"handle": "kim", "email": "kim@example.org", "password": "a long enough secret"}
    given["displayName"] = "Words of a stranger"
    await write(here, "register", **given)
    await here.backend.mailer.drain()
    ((_, message),) = keeper.got
    text = message.get_body(("plain",)).get_content()
    html = message.get_body(("html",)).get_content()
    assert "stranger" not in text  # the address may be anybody's
    token = token_in(Mail("", "", "", text.replace("\r\n", "\n"), html))
    assert (await write(here, "verifyEmail", token=token))["user"]["handle"] == "kim"


async def test_in_development_it_lies_in_the_data_folder_and_there_are_not_too_many(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr("hub.mail.sending._FILES_KEPT", 2)
    mailer = Mailer(Settings(mode="development", data_dir=tmp_path))
    for number in range(4):
        await mailer.send(Mail("greeting", "ines@example.org", f"Number {number}", "Hello\n", "<p>Hello</p>"))
    files = sorted((tmp_path / "mail").iterdir())
    subjects = [email.message_from_bytes(file.read_bytes())["Subject"] for file in files]
    assert subjects == ["Number 2", "Number 3"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


async def test_in_production_without_a_server_only_its_kind_is_told(tmp_path: Path, capsys) -> None:
    await Mailer(Settings(data_dir=tmp_path)).send(MAIL)
    said = "".join(capsys.readouterr())
    assert "greeting" in said
    assert not any(word in said for word in (MAIL.to, MAIL.subject, "Hello"))
    assert list(tmp_path.iterdir()) == []


async def test_what_fails_is_told_by_its_kind_and_stops_nothing(desk: tuple[Desk, str], capsys) -> None:
    keeper, url = desk
    mailer = Mailer(Settings(smtp_url=url))

    async def write() -> Mail:
        return MAIL

    async def broken() -> Mail:
        raise RuntimeError("ines@example.org is broken")

    keeper.refuse = True
    mailer.later(write)
    mailer.later(broken)
    await mailer.drain()
    keeper.refuse = False
    mailer.later(write)
    await mailer.drain()
    assert len(keeper.got) == 1
    said = "".join(capsys.readouterr())
    assert said.count("mail.failed") == 2
    assert "greeting" in said
    assert "ines@example.org" not in said


async def test_beyond_the_queue_it_is_dropped(monkeypatch, capsys) -> None:
    mailer, gate, sent = Mailer(Settings(mail_queue=2)), asyncio.Event(), []

    async def write() -> None:
        await gate.wait()
        sent.append(1)

    for _ in range(5):
        mailer.later(write)
    gate.set()
    await mailer.drain()
    assert len(sent) == 2
    assert "".join(capsys.readouterr()).count("mail.dropped") == 3


async def test_names_of_people_are_no_html() -> None:
    mail = LETTERS.written("known", "ines@example.org", handle="ines", name="<b>Ines</b> & {{ 7 * 7 }}")
    assert "<b>Ines</b> & {{ 7 * 7 }}" in mail.text
    assert "&lt;b&gt;Ines&lt;/b&gt; &amp; {{ 7 * 7 }}" in mail.html
