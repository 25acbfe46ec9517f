"""Two pages and their assets. A strict policy lets them load and ask nothing but this host."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from hub.version import VERSION
from hub.web.ide.schema_page import Chapter, chapters

IDE, SCHEMA, ASSETS = "/ide", "/schema", "/ide/assets"
FOLDER = Path(__file__).parent

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; connect-src 'self'; img-src 'self' data:;"
    " font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Example:
    """A tab of GraphiQL."""

    query: str
    variables: str


def examples() -> list[Example]:
    """Those of the folder `examples`, by name; `NAME.json` has the variables of `NAME.graphql`."""
    found = sorted((FOLDER / "examples").glob("*.graphql"))
    return [Example(file.read_text(), _text_of(file.with_suffix(".json"))) for file in found]


def _text_of(file: Path) -> str:
    return file.read_text() if file.exists() else ""


class Pages:
    """`sdl` gives the schema as text; asked once, when the first reader comes."""

    def __init__(self, graphql: str, sdl: Callable[[], str]) -> None:
        self._graphql = graphql
        self._sdl = sdl
        self._templates = Environment(
            loader=PackageLoader("hub.web.ide"), undefined=StrictUndefined, autoescape=True, trim_blocks=True
        )

    def routes(self, *, ide: bool, schema: bool) -> list[BaseRoute]:
        served: list[BaseRoute] = []
        if ide:
            served += [Route(IDE, self.ide), Mount(ASSETS, StaticFiles(directory=FOLDER / "assets"))]
        if schema:
            served.append(Route(SCHEMA, self.schema))
        return served

    async def ide(self, _: Request) -> Response:
        nonce = token_urlsafe(16)
        page = {
            "nonce": nonce,
            "graphql": self._graphql,
            "schema": SCHEMA,
            "examples": [{"query": one.query, "variables": one.variables} for one in examples()],
        }
        return self._page("ide.html.jinja", nonce, page=page, assets=ASSETS, version=VERSION)

    async def schema(self, _: Request) -> Response:
        # In a thread: building the schema anew takes longer than a loop may be held.
        read = await asyncio.to_thread(lambda: self._chapters)
        return self._page("schema.html.jinja", token_urlsafe(16), chapters=read, version=VERSION)

    @cached_property
    def _chapters(self) -> list[Chapter]:
        return chapters(self._sdl())

    def _page(self, template: str, nonce: str, **values: Any) -> Response:
        html = self._templates.get_template(template).render(nonce=nonce, **values)
        return HTMLResponse(
            html,
            headers={
                "Content-Security-Policy": _POLICY.format(nonce=nonce),
                "Cache-Control": "no-store",
                "Referrer-Policy": "no-referrer",
                "X-Content-Type-Options": "nosniff",
            },
        )
