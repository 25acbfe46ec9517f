"""An export, topic by topic."""

from collections.abc import Iterator
from pathlib import Path

from hub.archive.discourse.fields import Misfit
from hub.archive.discourse.files import FILE_BYTES, TOTAL_BYTES, ensure_export, export_files
from hub.archive.discourse.records import Damage, Topic
from hub.archive.discourse.site import site_of
from hub.archive.discourse.topic import topic_of

_FAULTS_TOLD = 3


def read_topics(
    path: Path, *, site: str | None = None, file_bytes: int = FILE_BYTES, total_bytes: int = TOTAL_BYTES
) -> Iterator[Topic | Damage]:
    """Each topic of a folder or zip, by file name; a topic with posts left out is followed by its `Damage`.

    `site` is the old forum's address; without it `site_of` finds it, or links into the forum stay as they are.
    """
    ensure_export(path)
    return _read(path, site.rstrip("/") if site else None, file_bytes, total_bytes)


def _read(path: Path, site: str | None, file_bytes: int, total_bytes: int) -> Iterator[Topic | Damage]:
    address = site or site_of(path, file_bytes, total_bytes)
    seen: set[int] = set()
    for file in export_files(path, file_bytes, total_bytes):
        if isinstance(file, Damage):
            yield file
        else:
            yield from _judged(*file, address, seen)


def _judged(name: str, data: bytes, site: str | None, seen: set[int]) -> Iterator[Topic | Damage]:
    try:
        topic, faults = topic_of(data, site)
    except Misfit as misfit:
        yield Damage(name, str(misfit))
        return
    if topic.legacy_id in seen:
        yield Damage(name, f"repeats topic {topic.legacy_id}, which was read before")
        return
    seen.add(topic.legacy_id)
    yield topic
    if faults:
        yield Damage(name, f"topic {topic.legacy_id} is read without some posts; {_told(faults)}")


def _told(faults: list[str]) -> str:
    more = len(faults) - _FAULTS_TOLD
    return "; ".join([*faults[:_FAULTS_TOLD], *([f"and {more} more"] if more > 0 else [])])
