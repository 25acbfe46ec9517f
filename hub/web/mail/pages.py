"""A page behind a link in a mail: plain words and a button, kept by nobody and told to nobody."""

from starlette.responses import HTMLResponse, Response

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; style-src 'unsafe-inline'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<body style="font-family: sans-serif; max-width: 36em; margin: 2em auto">{words}</body></html>"""


def page(title: str, words: str, status: int = 200) -> Response:
    """`words` are HTML."""
    return HTMLResponse(_PAGE.format(title=title, words=words), status, headers=_HEADERS)
