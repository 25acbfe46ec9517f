"""Documents that clients name in place of sending them: those of a frontend's build, and those kept by their hash.

A build's file may be Relay's or codegen's (`{id: document}`) or Apollo's manifest (`{"operations": [{id, body}]}`).
What is kept by its hash was sent once by somebody, passed the limits, and makes place for others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import orjson

from hub.graph.documents import BadDocument, weight_of
from hub.graph.shelf import Shelf
from hub.settings import Settings

LONGEST_KEPT = 20_000
"""Characters; longer documents are for a build's file."""


@dataclass(frozen=True, slots=True)
class Named:
    """`hashed`: the id is the SHA-256 of the document, so one that comes along may be kept under it."""

    id: str
    hashed: bool = False


class Persisted:
    def __init__(self, settings: Settings) -> None:
        self._only = settings.documents_only
        self._given = _by_id(file_of(settings))
        self._kept: Shelf[str] = Shelf(0 if self._only else settings.documents_automatic)

    @property
    def texts(self) -> set[str]:
        """Of the builds."""
        return set(self._given.values())

    def text_of(self, document: str, named: Named | None, *, only: bool = False) -> str:
        """The document meant; raise BadDocument for a strange id, a wrong hash, or a document that may not be sent:
        `only` the registered ones may by who asks."""
        only = only or self._only
        if named is not None and not document:
            found = self._given.get(named.id) or (None if only else self._kept.get(named.id))
            if found is None:
                # Apollo's clients know the message, and send the document then.
                raise _refusal("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
            return found
        if named is not None and named.hashed and _hash(document) != named.id:
            raise _refusal(
                "The document has another SHA-256 than its id says: hash the text just as it is sent.",
                "PERSISTED_QUERY_HASH_MISMATCH",
            )
        if only and _hash(document) not in self._given:
            whose = "This hub" if self._only else "This app"
            raise _refusal(
                f"{whose} runs registered documents only: have this one registered with the frontend's build.",
                "PERSISTED_QUERY_ONLY",
            )
        return document

    def keep(self, document: str, named: Named | None) -> None:
        """Call it with what passed the limits."""
        if named is not None and named.hashed and len(document) <= LONGEST_KEPT:
            self._kept.put(named.id, document, weight_of(document))


def file_of(settings: Settings) -> Path:
    return settings.documents_file or settings.data_dir / "documents.json"


def read(file: Path) -> dict[str, str]:
    """Documents by id; raise ValueError for what is no build's file."""
    content: Any = orjson.loads(file.read_bytes())
    if isinstance(content, dict) and isinstance(content.get("operations"), list):  # pyright: ignore[reportUnknownMemberType] - any JSON
        pairs = list(_manifest(cast("list[Any]", content["operations"])))
    elif isinstance(content, dict):
        pairs = list(cast("dict[str, Any]", content).items())
    else:
        raise ValueError("it is no object of documents by id")  # noqa: TRY004 - the file is wrong, not the caller
    if not all(isinstance(part, str) for pair in pairs for part in pair):
        raise ValueError("an id or a document in it is no text")
    return dict(pairs)


def _manifest(operations: list[Any]) -> Iterator[tuple[Any, Any]]:
    for operation in operations:
        if not isinstance(operation, dict):
            raise ValueError("an operation in it is no object")  # noqa: TRY004 - the file is wrong, not the caller
        described = cast("dict[str, Any]", operation)
        yield described.get("id"), described.get("body")


def _by_id(file: Path) -> dict[str, str]:
    """By their own ids and by their hashes."""
    given = read(file) if file.exists() else {}
    own = {identifier.removeprefix("sha256:"): text for identifier, text in given.items()}
    return {**own, **{_hash(text): text for text in given.values()}}


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _refusal(message: str, code: str) -> BadDocument:
    return BadDocument([{"message": message, "extensions": {"code": code}}])
