"""The files of an export as bytes: each read up to a bound, none written anywhere, no link followed."""

import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePath
from typing import IO

from hub.archive.discourse.records import Damage
from hub.refusals import ErrorCode, Refusal

FILE_BYTES = 64 * 2**20
TOTAL_BYTES = 4 * 2**30

# What `zipfile` raises over a damaged or hostile zip; it says so nowhere.
_ZIP_FAULTS = (zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, RuntimeError, ValueError, IndexError)

Opening = Callable[[], IO[bytes]]


def ensure_export(path: Path) -> None:
    if path.is_dir():
        return
    try:
        zipfile.ZipFile(path).close()
    except _ZIP_FAULTS:
        raise Refusal(
            ErrorCode.INVALID, "This is neither a folder nor a zip file: give the path of an export.", "path"
        ) from None


def export_files(path: Path, file_bytes: int, total_bytes: int) -> Iterator[tuple[str, bytes] | Damage]:
    """Name and content of each JSON file, by name; of the sizes that a zip declares none is believed."""
    left = total_bytes
    for name, opening in _folder(path) if path.is_dir() else _zip(path):
        if isinstance(opening, str):
            yield Damage(name, opening)
            continue
        try:
            with opening() as stream:
                data = stream.read(min(file_bytes, left) + 1)
        except _ZIP_FAULTS:
            yield Damage(name, "cannot be read")
            continue
        if len(data) > left:
            yield Damage(name, f"ends the reading: all files together are larger than {total_bytes} bytes")
            return
        left -= len(data)
        yield Damage(name, f"is larger than {file_bytes} bytes") if len(data) > file_bytes else (name, data)


def count_files(path: Path) -> int:
    """How many files `export_files` will come by."""
    return sum(1 for _ in (_folder(path) if path.is_dir() else _zip(path)))


def _folder(folder: Path) -> Iterator[tuple[str, Opening | str]]:
    closed: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=closed.append):
        folders[:] = sorted(name for name in folders if not _is_hidden(name))
        for path in (Path(place, name) for name in sorted(names) if _is_topic(name)):
            if path.is_symlink():
                yield _shown(path.relative_to(folder)), "is a link, and links are not followed"
            elif path.is_file():
                yield _shown(path.relative_to(folder)), partial(path.open, "rb")
    for error in closed:
        yield _shown(os.path.relpath(error.filename, folder)), "is a folder that cannot be read"


def _zip(path: Path) -> Iterator[tuple[str, Opening | str]]:
    with zipfile.ZipFile(path) as archive:
        for entry in sorted(archive.infolist(), key=lambda entry: entry.filename):
            if not entry.is_dir() and _is_topic(entry.filename):
                yield _shown(entry.filename), _fault_of(entry) or partial(archive.open, entry)


def _fault_of(entry: zipfile.ZipInfo) -> str:
    if entry.flag_bits & 0x1:
        return "is encrypted"
    # Of the other methods `zipfile` unpacks whole chunks at once, whatever their size.
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return "is packed by a method that is not read here"
    return ""


def _is_topic(name: str) -> bool:
    return name.lower().endswith(".json") and not any(map(_is_hidden, PurePath(name).parts))


def _is_hidden(name: str) -> bool:
    return (name.startswith(".") and name != "..") or name == "__MACOSX"


def _shown(name: PurePath | str) -> str:
    """A file's name is data too: control characters stay out of reports."""
    return "".join(char if char.isprintable() else "?" for char in str(name))
