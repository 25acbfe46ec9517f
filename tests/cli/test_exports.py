"""`hub export participations` and `hub reseal`, from outside."""

import csv
import io
import json

from hub.actions.commands.asking import Question
from hub.graph.ids import to_global
from hub.live.backend import Backend
from hub.settings import Settings
from tests.actions.acting import an_action, sign
from tests.cli.servers import run
from tests.conftest import viewer_of

MARKER = "marker-4711@example.org"


async def printed(settings: Settings, *arguments: str) -> str:
    code, text = await run(settings, *arguments)
    assert code == 0
    return text


async def test_an_export_is_printed_and_personal_answers_for_a_reason_alone(story: Backend) -> None:
    settings: Settings = story.settings.model_copy(update={"secret_key": ("k" * 40,)})
    story.settings = settings
    mail = Question("mail", "Where do we reach you?", "EMAIL", required=True, personal=True)
    action_id = await an_action(story, questions=[mail])
    took = await sign(story, await viewer_of(story, "ines"), action_id, answers={"mail": MARKER})
    asked = ("export", "participations", to_global("Action", action_id))
    (row,) = csv.DictReader(io.StringIO(await printed(settings, *asked)))
    assert (row["identifier"], row["status"]) == (f"hub:{took.id}", "COUNTED")
    assert MARKER not in str(row)
    line = json.loads(await printed(settings, *asked, "--form", "jsonl", "--personal", "--reason", "handed over"))
    assert line["custom_fields"] == {"mail": MARKER}
    rows = await story.database.fetch("select actor_id, reason from audit_log where action = 'participations.exported'")
    assert sorted((row["actor_id"], row["reason"] or "") for row in rows) == [(None, ""), (None, "handed over")]
    assert (await run(settings, *asked, "--personal"))[0] == 1
    assert (await printed(settings, "reseal")).splitlines() == ["participations\t1\t0", "kept_keys\t0\t0"]
