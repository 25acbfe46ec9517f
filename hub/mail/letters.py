"""Letters from templates: NAME.txt.jinja in a package's folder `templates`, its first line the subject.

Paragraphs are divided by blank lines. The HTML form is made from the plain one, so that both say the same; a
paragraph that is one of the letter's links becomes one.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined


@dataclass(frozen=True)
class Mail:
    """`kind` is what the log may say of it; nothing else is told there."""

    kind: str
    to: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def __repr__(self) -> str:
        return f"Mail({self.kind})"


class Letters:
    def __init__(self, package: str) -> None:
        loader = ChoiceLoader([PackageLoader(package), PackageLoader("hub.mail")])
        self._plain = Environment(loader=loader, undefined=StrictUndefined, autoescape=False)  # noqa: S701 - plain text
        self._html = Environment(loader=loader, undefined=StrictUndefined, autoescape=True)

    def written(
        self,
        kind: str,
        to: str,
        *,
        link: str | None = None,
        links: Collection[str] = (),
        headers: Mapping[str, str] | None = None,
        **values: object,
    ) -> Mail:
        """The letter `kind` with these values in it."""
        filled = self._plain.get_template(f"{kind}.txt.jinja").render(link=link, **values)
        known = {*links, *([link] if link is not None else [])}
        subject, _, text = filled.strip().partition("\n")
        paragraphs = [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]
        html = self._html.get_template("layout.html.jinja").render(subject=subject, paragraphs=paragraphs, links=known)
        return Mail(kind, to, subject.strip(), "\n\n".join(paragraphs) + "\n", html, headers or {})
