"""The README is true: its commands, queries, tables, tree, walks and tutorial are held against the code."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import parse, validate
from typer.main import get_command

from hub.cli.main import app
from hub.graph.schema import build, core
from hub.refusals import ErrorCode
from hub.settings import Settings
from hub.web.errors import TransportCode
from hub.web.sockets import codes
from tests.cli.servers import run, serving
from tests.client import Client

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
SECTIONS = {part.partition("\n")[0]: part for part in re.split(r"^##+ ", README, flags=re.MULTILINE)[1:]}
TUTORIAL = "Add your own noun"
PATIENCE = 60


@pytest.fixture
def form() -> str:
    """What users meet first."""
    return "embedded"


def blocks(language: str, section: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", SECTIONS[section], re.MULTILINE | re.DOTALL)


def rows(section: str) -> list[list[str]]:
    """The cells of the section's tables, below their heads."""
    bodies = re.findall(r"^\|[-|]+\|\n((?:\|.*\n)+)", SECTIONS[section], re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split("|")] for body in bodies for line in body.splitlines()]


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def tree() -> Iterator[tuple[str, str]]:
    """The entries of the tree as paths, folders with a slash at the end, and their captions."""
    (drawn,) = blocks("text", "The house")
    above: list[str] = []
    for line in drawn.splitlines():
        name, _, caption = line.strip().partition(" ")
        above = [*above[: (len(line) - len(line.lstrip())) // 2], name]
        yield "".join(above), caption.strip()


def like(shown: Any, real: Any) -> bool:
    """Whether an answer is as shown, where a text may be cut by an ellipsis."""
    if isinstance(shown, dict) and isinstance(real, dict):
        return shown.keys() == real.keys() and all(like(value, real[name]) for name, value in shown.items())
    if isinstance(shown, list) and isinstance(real, list):
        return len(shown) == len(real) and all(map(like, shown, real))
    if isinstance(shown, str) and shown.endswith("…"):
        return real.startswith(shown[:-1])
    return shown == real


def test_the_first_screen_has_the_two_commands():
    first_screen = "\n".join(README.splitlines()[:25])
    assert "\npython -m pip install -e . && hub demo\n" in first_screen
    assert "\npython -m pip install -e '.[test]' && python -m pytest\n" in first_screen


def test_links_lead_somewhere():
    anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in SECTIONS}
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert target[1:] in anchors if target.startswith("#") else (ROOT / target).exists(), target


async def test_the_query_answers_as_shown(client: Client):
    (query,), (answer,) = blocks("graphql", "A query"), blocks("json", "A query")
    real = {"data": await client.data(query)}
    assert like(json.loads(answer), real), real


async def test_the_mutation_writes_a_comment_once(client: Client):
    (mutation,), (variables,) = blocks("graphql", "A mutation"), blocks("json", "A mutation")
    first = (await client.data(mutation, "ines", **json.loads(variables)))["addComment"]
    again = (await client.data(mutation, "ines", **json.loads(variables)))["addComment"]
    assert (first["errors"], first["replayed"], again["replayed"]) == ([], False, True)
    assert first["comment"] == again["comment"]


async def test_the_curl_line_sends_the_mutation(client: Client):
    (line,) = blocks("bash", "A mutation")
    (body,) = re.findall(r"-d '(.*)'$", line, re.DOTALL)
    request = json.loads(body)
    added = await client.data(request["query"], "ines", **request["variables"])
    assert added["addComment"]["errors"] == []


def test_the_subscription_fits_the_schema():
    (subscription,) = blocks("graphql", "Follow a subject live")
    assert validate(core(build()), parse(subscription)) == []


async def test_an_action_is_shown_and_taken_part_in_as_told(client: Client):
    query, mutation, subscription = blocks("graphql", "Actions")
    (answer,) = blocks("json", "Actions")
    real = {"data": await client.data(query)}
    assert like(json.loads(answer), real), real
    took = (await client.data(mutation, "otto"))["participate"]
    assert (took["errors"], took["participation"]["status"]) == ([], "COUNTED")
    assert (await client.data(mutation, "otto"))["participate"] == {**took, "replayed": True}
    assert validate(core(build()), parse(subscription)) == []


async def test_the_live_client_shows_the_page_and_then_what_is_written(settings: Settings):
    (program,) = blocks("python", "Follow a subject live")
    add = """mutation ($id: ID!) { addComment(input: {subjectId: $id, body: "Here I am.", idempotencyKey: "live"}) {
        comment { number } } }"""
    async with asyncio.timeout(PATIENCE), serving(settings, "demo") as server:
        token = (await run(settings, "token", "ines"))[1].strip()
        post = (await server.ask('{ post(slug: "welcome") { id commentCount { value } } }'))["data"]["post"]
        address = f"ws://{server.address}/graphql"
        client = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, address, "welcome", stdout=asyncio.subprocess.PIPE
        )
        try:
            assert client.stdout is not None
            shown = [(await client.stdout.readline()).split()[0] for _ in range(post["commentCount"]["value"])]
            number = (await server.ask(add, token, id=post["id"]))["data"]["addComment"]["comment"]["number"]
            assert shown == [f"#{n}".encode() for n in range(1, number)]
            assert await client.stdout.readline() == f"#{number} Here I am.\n".encode()
        finally:
            client.kill()
            await client.wait()


def test_each_command_of_the_table_has_the_options_that_it_names():
    for usage, _ in rows("Scale it"):
        words = usage.strip("`").replace("[", "").replace("]", "").split()
        command: Any = get_command(app)
        for word in words[1:]:
            if word.islower() and not word.startswith("-"):
                command = command.commands[word]
        options = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
        assert {word for word in words if word.startswith("--")} == options - {"--path"}, usage
    told = {usage.split()[1].strip("`") for usage, _ in rows("Scale it")}
    assert told == set(get_command(app).commands)


def test_the_table_of_settings_is_that_of_the_code():
    def shown(value: Any) -> str:
        text = ",".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
        return f"`{text}`" if text else "(empty)"

    told = [
        [f"`HUB_{name.upper()}`", shown(field.default), field.description]
        for name, field in Settings.model_fields.items()
    ]
    assert rows("Settings") == told


def test_each_variable_that_is_named_exists():
    known = {f"HUB_{name.upper()}" for name in Settings.model_fields}
    tested = set(re.findall(r"HUB_TEST_\w+", (ROOT / "tests" / "conftest.py").read_text()))
    assert set(re.findall(r"HUB_[A-Z_]+", README)) <= known | tested
    assert {name for cell, _ in rows("Tests and CI") for name in quoted(cell)} == tested


def test_the_table_of_error_codes_is_that_of_the_code():
    told = [code for row in rows("Error codes") for code in quoted(row[0])]
    documents = re.findall(r'"((?:GRAPHQL|OPERATION)_[A-Z_]+)"', (ROOT / "hub/graph/documents.py").read_text())
    documents += re.findall(r'"(PERSISTED_QUERY_[A-Z_]+)"', (ROOT / "hub/graph/persisted.py").read_text())
    assert len(told) == len(set(told))
    assert set(told) == {*ErrorCode, *TransportCode, *documents}


def test_the_table_of_close_codes_is_that_of_the_code():
    source = Path(codes.__file__).read_text()
    fatal = {int(number) for number in re.findall(r"= (\d+)  #.*\(stays away\)", source)}
    told = [(int(number), *quoted(name), back == "no") for number, name, _, back in rows("Socket close codes")]
    assert told == [(code.value, code.name, code in fatal) for code in codes.CloseCode]


def test_the_tree_has_each_folder_of_the_house_and_nothing_that_is_not_there():
    drawn = dict(tree())
    assert [path for path, caption in drawn.items() if not caption] == []
    assert [path for path in drawn if not (ROOT / path).exists() or path.endswith("/") != (ROOT / path).is_dir()] == []
    folders = {f"{module.parent.relative_to(ROOT).as_posix()}/" for module in (ROOT / "hub").rglob("*.py")}
    files = {f"hub/{module.name}" for module in (ROOT / "hub").glob("[!_]*.py")}
    assert {path for path in drawn if path.startswith("hub/")} == folders | files


def test_the_tree_has_all_that_lies_at_the_top():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("this is no clone")
    top = {f"{path.partition('/')[0]}/" if "/" in path else path for path in listed.stdout.split()}
    assert top <= {path for path, _ in tree()}


def test_each_path_that_is_named_exists():
    told = README.replace(SECTIONS[TUTORIAL], "")
    paths = {
        path for path in quoted(re.sub(r"```.*?```", "", told, flags=re.DOTALL)) if re.match(r"(hub|tests|\.ci)/", path)
    }
    assert len(paths) > 20
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("start", ["**A request**", "**A comment**"])
def test_a_walk_names_about_eight_files(start: str):
    walk = re.split(r"^\*\*", SECTIONS["Two walks"].partition(start)[2], flags=re.MULTILINE)[0]
    steps = re.findall(r"^\d+\. ", walk, re.MULTILINE)
    assert 8 <= len(steps) <= 10
    assert len([path for path in quoted(walk) if path.startswith("hub/")]) >= len(steps)


def test_the_tutorial_works_as_it_stands(tmp_path: Path):
    """All of it, in a copy: files, changes and commands in the order of the text."""
    for name in ("hub", "migrations", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    for name in ("README.md", "pyproject.toml", "schema.graphql"):
        shutil.copy(ROOT / name, tmp_path)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "PYTEST", "COV_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**kept, "PYTHONPATH": str(tmp_path), "PATH": path, "HUB_TEST_BACKENDS": "embedded"}
    parts = re.findall(r"(.*?)^```(\w+)\n(.*?)^```$", SECTIONS[TUTORIAL], re.MULTILINE | re.DOTALL)
    for said, language, text in parts:
        if language == "bash":
            done = subprocess.run(
                ["bash", "-e"], input=text, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
            continue
        file = tmp_path / next(path for path in quoted(said) if path.endswith((".py", ".toml")) and path[0] != ".")
        if language == "python":
            assert not file.exists()
            file.write_text(text)
        else:
            file.write_text(changed(file.read_text(), text))


def changed(text: str, diff: str) -> str:
    """The text after a diff without line numbers, whose parts are divided by `@@`."""
    for part in diff.split("@@\n"):
        lines = part.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] in " -")
        new = "".join(line[1:] for line in lines if line[0] in " +")
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def test_the_image_is_made_of_what_the_package_needs_and_runs_as_a_plain_user():
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if line and not line.startswith("#")]
    said = {line.partition(" ")[0]: line.partition(" ")[2] for line in lines}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert said["FROM"] == f"python:{project['project']['requires-python'].strip('>=')}-slim"
    assert int(said["USER"]) > 0
    assert (said["ENV"], said["VOLUME"], said["EXPOSE"]) == ("HUB_DATA_DIR=/data", "/data", "8000")
    assert json.loads(said["CMD"])[:2] == ["sh", "-c"]
    assert re.findall(r"hub (\w+)", json.loads(said["CMD"])[2]) == ["migrate", "serve"]
    let_in = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    packages = {name.strip("*") for name in project["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert set(let_in) >= {*packages, "pyproject.toml", project["project"]["readme"], "LICENSE"}
    assert [name for name in let_in if not (ROOT / name).exists()] == []
