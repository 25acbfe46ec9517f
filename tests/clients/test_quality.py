"""The schema is one that frontend teams' tools like: linters, Relay, generated types; and it breaks nobody silently."""

import json
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema, print_schema

from tests.clients.relay_documents import documents, is_paged
from tests.clients.running import FOLDER, node

ROOT = FOLDER.parents[1]
SCHEMA = ROOT / "schema.graphql"
RELEASED = FOLDER / "released.graphql"
PATIENCE = 300
_DEPRECATED = re.compile(r"Use \S.*\. Gone after (\d{4}-\d{2}-\d{2})\.")


def schema() -> GraphQLSchema:
    return build_schema(SCHEMA.read_text())


def problems(script: str, *arguments: object) -> list[str]:
    command = [node(), FOLDER / "quality" / script, *arguments]
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE).stdout
    return [json.loads(line)["problem"] for line in told.splitlines()]


def module(folder: Path, *command: object) -> None:
    """Run a tool of npm's in this folder; its complaints fail the test."""
    command = (node(), *command)
    done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr


def test_graphql_eslint_finds_nothing():
    assert problems("lint.js", SCHEMA) == []


def test_graphql_eslint_would_find_something(tmp_path: Path):
    worse = tmp_path / "schema.graphql"
    worse.write_text(f"{SCHEMA.read_text()}\ntype stray_type {{ id: ID }}\n")
    assert any("naming-convention" in problem for problem in problems("lint.js", worse))


def test_nothing_breaks_against_the_last_release():
    assert problems("diff.js", RELEASED, SCHEMA) == []


def test_a_field_that_went_would_be_noticed(tmp_path: Path):
    narrower = schema()
    del narrower.type_map["Comment"].fields["number"]
    file = tmp_path / "schema.graphql"
    file.write_text(print_schema(narrower))
    assert problems("diff.js", RELEASED, file) == ["Field 'number' was removed from object type 'Comment'"]


def test_relay_compiles_a_fragment_a_refetch_and_each_page_of_every_public_type(tmp_path: Path):
    written = list(documents(schema()))
    (tmp_path / "artifacts").mkdir()
    (tmp_path / "quality.js").write_text("\n".join(f"graphql`{document}`;" for document in written))
    config = {"src": ".", "schema": "schema.graphql", "artifactDirectory": "artifacts", "language": "javascript"}
    (tmp_path / "relay.config.json").write_text(json.dumps(config))
    shutil.copy(SCHEMA, tmp_path / "schema.graphql")
    module(tmp_path, FOLDER / "node_modules/relay-compiler/cli.js", "relay.config.json", "--noWatchman")
    made = {file.name.removesuffix(".graphql.js") for file in (tmp_path / "artifacts").iterdir()}
    assert {re.search(r"fragment (\w+)", document)[1] for document in written} <= made
    assert {f"quality_{kind}" for kind in ("Thread", "Comment", "Club", "User", "RsvpPayload")} <= made
    assert "quality_ThreadCommentsQuery" in made
    assert is_paged(schema().type_map["Thread"].fields["comments"])


def test_types_generated_for_a_sample_frontend_compile(tmp_path: Path):
    frontend = tmp_path / "frontend"
    shutil.copytree(FOLDER / "quality" / "frontend", frontend)
    (tmp_path / "node_modules").symlink_to(FOLDER / "node_modules")
    module(frontend, FOLDER / "quality/codegen.js", SCHEMA, frontend)
    module(frontend, FOLDER / "node_modules/typescript/bin/tsc", "--project", ".")
    page = frontend / "page.ts"
    page.write_text(page.read_text().replace("author?.handle", "author?.handel"))
    with pytest.raises(AssertionError, match="handel"):
        module(frontend, FOLDER / "node_modules/typescript/bin/tsc", "--project", ".")


def reasons(of: GraphQLSchema) -> dict[str, str]:
    """The reason of each deprecated field, argument, input and value, by its coordinate."""
    found: dict[str, str] = {}
    for name, kind in of.type_map.items():
        for part_name, part in {**getattr(kind, "fields", {}), **getattr(kind, "values", {})}.items():
            inner = {f"{part_name}({key}:)": argument for key, argument in getattr(part, "args", {}).items()}
            for coordinate, thing in {part_name: part, **inner}.items():
                if thing.deprecation_reason is not None:
                    found[f"{name}.{coordinate}"] = thing.deprecation_reason
    return found


def overdue(of: GraphQLSchema, today: date) -> list[str]:
    """What is deprecated without a date, or beyond it."""
    dates = {where: _DEPRECATED.fullmatch(reason) for where, reason in reasons(of).items()}
    return [where for where, found in dates.items() if found is None or date.fromisoformat(found[1]) < today]


def test_each_deprecation_says_what_to_use_and_until_when():
    assert overdue(schema(), date.today()) == []  # noqa: DTZ011 - a day is exact enough


def test_a_deprecation_without_a_date_or_beyond_it_is_noticed():
    sample = build_schema(
        """type Query {
          vague: Int @deprecated(reason: "Old.")
          past: Int @deprecated(reason: "Use `new`. Gone after 2020-01-31.")
          fine(x: Int @deprecated(reason: "Old.")): Int @deprecated(reason: "Use `new`. Gone after 2099-01-31.")
        }"""
    )
    assert overdue(sample, date(2026, 1, 1)) == ["Query.vague", "Query.past", "Query.fine(x:)"]
