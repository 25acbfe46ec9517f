"""GraphiQL and the schema page: on in development, off in production, and nothing of them comes from elsewhere."""

import json
import re

import httpx2
import pytest
from graphql import get_operation_ast, parse, validate
from graphql.execution.values import get_variable_values

from hub.app import create
from hub.graph.schema import build, core
from hub.settings import Settings
from hub.web.ide.pages import FOLDER, examples

SCHEMA = core(build())
FOREIGN = re.compile(r"""(?:src|href)=["']?(?:https?:)?//|url\(["']?(?:https?:)?//|@import""")


async def got(settings: Settings, path: str, **changed: object) -> httpx2.Response:
    app = create(settings.model_copy(update=changed))
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://hub.test") as client,
    ):
        return await client.get(path)


@pytest.mark.parametrize("path", ["/ide", "/ide/assets/ide.js", "/schema"])
async def test_production_serves_neither(settings: Settings, path: str):
    assert (await got(settings, path)).status_code == 404


@pytest.mark.parametrize("path", ["/ide", "/ide/assets/ide.js", "/ide/assets/LICENSES.txt", "/schema"])
async def test_development_serves_both(settings: Settings, path: str):
    assert (await got(settings, path, mode="development")).status_code == 200


@pytest.mark.parametrize("path", ["pages.py", "../pages.py", "%2e%2e/pages.py", "..%2fpages.py", "%2fetc%2fpasswd"])
async def test_no_path_leads_out_of_the_assets(settings: Settings, path: str):
    assert (await got(settings, f"/ide/assets/{path}", mode="development")).status_code == 404


@pytest.mark.parametrize("path", ["/graphql/", "/ide/", "/schema/", "/livez/"])
async def test_no_address_leads_on_to_one_without_tls(settings: Settings, path: str):
    answer = await got(settings, path, mode="development")
    assert (answer.status_code, answer.headers.get("location")) == (404, None)


async def test_with_the_ide_on_in_production_the_schema_stays_closed(settings: Settings):
    assert (await got(settings, "/ide", ide=True)).status_code == 200
    assert (await got(settings, "/schema", ide=True)).status_code == 404


@pytest.mark.parametrize("path", ["/ide", "/schema"])
async def test_the_policy_lets_pages_load_from_this_host_alone(settings: Settings, path: str):
    page = await got(settings, path, mode="development")
    policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["connect-src"] == "'self'"
    assert "unsafe" not in page.headers["content-security-policy"]
    assert not FOREIGN.search(page.text)
    assert "<script>" not in page.text
    assert "style=" not in page.text


def test_the_assets_load_nothing_from_elsewhere():
    assert not FOREIGN.search((FOLDER / "assets" / "ide.css").read_text())
    assert not re.search(
        r"(?:import|fetch|importScripts)\(\s*[\"'`]https?:", (FOLDER / "assets" / "ide.js").read_text()
    )


def test_each_package_in_the_assets_has_its_licence_beside_it():
    licences = (FOLDER / "assets" / "LICENSES.txt").read_text()
    for package in ("graphiql", "react", "react-dom", "graphql", "graphql-ws", "codemirror", "@graphiql/react"):
        assert re.search(rf"^{re.escape(package)} \d[\w.-]* \(\S+\)$", licences, re.MULTILINE), package


@pytest.mark.parametrize("example", examples(), ids=lambda one: one.query.splitlines()[1])
def test_each_example_fits_the_schema_with_its_variables(example):
    document = parse(example.query)
    assert validate(SCHEMA, document) == []
    operation = get_operation_ast(document)
    given = json.loads(example.variables or "{}")
    assert not isinstance(get_variable_values(SCHEMA, operation.variable_definitions or (), given), list)


async def test_the_schema_page_has_a_place_for_each_type_and_field_and_each_link_leads_to_one(settings: Settings):
    page = (await got(settings, "/schema", mode="development")).text
    places = set(re.findall(r'id="([^"]+)"', page))
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert links <= places
    for name, known in SCHEMA.type_map.items():
        if not name.startswith("__") and name not in {"String", "Int", "Float", "Boolean", "ID"}:
            assert name in places
            assert {f"{name}.{field}" for field in getattr(known, "fields", {})} <= places


async def test_the_schema_page_shows_costs_scopes_and_defaults(settings: Settings):
    page = (await got(settings, "/schema", mode="development")).text
    assert re.search(r'id="Mutation\.addComment".*?<b>scope</b> COMMENTS_WRITE', page, re.DOTALL)
    assert re.search(r'id="Query\.posts".*?<b>cost</b> \d+ \+ first x what is below', page, re.DOTALL)
    assert re.search(r'id="Query\.posts".*?<code>= 20</code>', page, re.DOTALL)
