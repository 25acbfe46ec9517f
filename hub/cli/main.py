import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn, cast

import orjson
import typer
from pydantic import ValidationError
from rich.console import Console

from hub.cli import (
    actions,
    apps,
    demo,
    doctor,
    documents,
    freezing,
    importing,
    jobs,
    people,
    plan,
    schema,
    serving,
    working,
)
from hub.graph.plans.leaves import NoPlan
from hub.logs import configure
from hub.notifications.outside.messages import new_pair
from hub.refusals import Refusal
from hub.settings import Settings, inconsistencies, settings
from hub.store.audience import Standing
from hub.store.database import Database
from hub.store.migrating import migrate, pending
from hub.users.commands import issue_token

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="The Engagement Hub.", pretty_exceptions_enable=False
)
imports = typer.Typer(no_args_is_help=True, help="Bring in content from elsewhere.")
app.add_typer(imports, name="import")
app.add_typer(people.app, name="user")
app.add_typer(apps.app, name="app")
app.add_typer(jobs.app, name="jobs")
app.add_typer(documents.app, name="documents")
app.command("freeze")(freezing.freeze)
app.command("unfreeze")(freezing.unfreeze)
app.add_typer(actions.exports, name="export")

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65_535)]
Workers = Annotated[int, typer.Option(help="Processes; more than one wants HUB_BROKER_URL.", min=1)]


@app.command("demo")
def run_demo(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Workers = 1,
    fresh: Annotated[bool, typer.Option(help="Empty the database first.")] = False,
) -> None:
    """Make a database, load the demo community and serve it."""
    demo.run(host, port, workers, fresh=fresh)


@app.command()
def serve(host: Host = "127.0.0.1", port: Port = 8000, workers: Workers = 1) -> None:
    """Serve the database that HUB_DATABASE_URL names; run `hub migrate` before."""
    serving.serve(_migrated(), host, port, workers)


@app.command()
def work(
    jobs: Annotated[int, typer.Option(help="Jobs done at the same time.", min=1)] = 10,
) -> None:
    """Do jobs and serve nobody; servers do some too, unless HUB_JOBS_WORKERS is 0."""
    working.run(_migrated().model_copy(update={"jobs_workers": jobs}))


@app.command("migrate")
def run_migrate() -> None:
    """Bring the database to the newest schema."""
    applied = asyncio.run(migrate(settings()))
    print("\n".join(f"applied {name}" for name in applied) or "nothing to apply")


@app.command()
def recount() -> None:
    """Make the tallies of all actions anew from the participations; print what each said before and says now."""
    actions.recount()


@app.command("push-keys")
def push_keys() -> None:
    """Print a new pair of keys for web push: a line for the environment, and the public part."""
    private, public = new_pair()
    print(f"HUB_PUSH_PRIVATE_KEY={private}\n# public: {public}")


@app.command()
def reseal() -> None:
    """Seal anew under the first of HUB_SECRET_KEY; print how many of each table, and how many no key opens (then 1)."""
    actions.reseal()


@app.command("schema")
def run_schema(
    check: Annotated[bool, typer.Option(help="Only compare with schema.graphql; exit 1 when it differs.")] = False,
    path: Annotated[Path, typer.Option(help="The file.")] = Path("schema.graphql"),
) -> None:
    """Write the GraphQL schema to a file, or compare it."""
    schema.run(path, check=check)


@app.command("doctor")
def run_doctor(
    workers: Workers = 1,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: a list of findings.")] = False,
) -> None:
    """Look at all that a deployment stands on; exit 1 when something is wrong."""
    try:
        findings = asyncio.run(doctor.examine(settings(), workers))
    except ValidationError as error:
        findings = [doctor.Finding("settings", "wrong", line) for line in _wrong_settings(error)]
    if not doctor.tell(findings, as_json=as_json):
        sys.exit(1)


@app.command("plan")
def run_plan(
    document: Annotated[Path, typer.Argument(help="File with one query.", exists=True, dir_okay=False)],
    standing: Annotated[Standing, typer.Option(help="Who asks.")] = Standing.ANONYMOUS,
    variables: Annotated[str, typer.Option(help="A JSON object, where the query wants variables.")] = "{}",
) -> None:
    """Print the tree and the statement that would answer a query, or why nothing would."""
    try:
        given: Any = orjson.loads(variables)
    except orjson.JSONDecodeError:
        _fail("The variables are no JSON.")
    if not isinstance(given, dict):
        _fail("The variables must be a JSON object.")
    try:
        print(asyncio.run(plan.shown(settings(), document.read_text(), standing, cast("dict[str, Any]", given))))
    except NoPlan as reason:
        _fail(f"No plan: {reason}.")


@app.command()
def token(
    handle: people.Handle,
    scopes: Annotated[
        str | None, typer.Option(help="Make a token with these scopes, comma-separated, for a script.")
    ] = None,
    revoke: Annotated[bool, typer.Option(help="End all tokens and sessions of this person instead.")] = False,
) -> None:
    """Print a fresh token for a handle, and nothing else."""
    if revoke:
        people.revoke(handle)
    elif scopes is not None:
        apps.print_personal_token(handle, scopes)
    else:
        print(asyncio.run(_token(settings(), handle)))


@imports.command("discourse")
def import_discourse(path: Annotated[Path, typer.Argument(help="Folder or zip of topic JSON files.")]) -> None:
    """Import Discourse topics as frozen threads; what is there already is left alone."""
    importing.run(path)


def _migrated() -> Settings:
    chosen = settings()
    if wrong := inconsistencies(chosen):
        _fail("\n".join(wrong))
    if missing := asyncio.run(_missing(chosen)):
        _fail(f"The database lacks {', '.join(missing)}: run `hub migrate` first.")
    return chosen


async def _missing(chosen: Settings) -> list[str]:
    database = await Database.open(chosen)
    try:
        await database.fetch("select 1 as there")
        return await pending(database.client, chosen)
    finally:
        await database.close()


async def _token(chosen: Settings, handle: str) -> str:
    database = await Database.open(chosen)
    try:
        return (await issue_token(database, handle, chosen.token_days)).text
    finally:
        await database.close()


def main() -> None:
    """Run the command; say what is wrong in one line instead of a traceback."""
    configure()
    try:
        app()
    except Refusal as refusal:
        _fail(refusal.message)
    except OSError as error:
        _fail(f"Something needed cannot be reached: {error}")
    except ValidationError as error:
        _fail("\n".join(_wrong_settings(error)))


def _wrong_settings(error: ValidationError) -> list[str]:
    """One line each, without the value, which may be a secret."""
    return [
        f"HUB_{'_'.join(str(part) for part in problem['loc']).upper()}: {problem['msg'].removeprefix('Value error, ')}"
        for problem in error.errors()
    ]


def _fail(message: str) -> NoReturn:
    Console(stderr=True, soft_wrap=True).print(message, style="red", markup=False)
    sys.exit(1)
