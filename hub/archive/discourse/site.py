"""The old forum's address, which no topic tells outright."""

import re
from itertools import islice
from pathlib import Path

from hub.archive.discourse.files import FILE_BYTES, TOTAL_BYTES, export_files
from hub.archive.discourse.records import Damage

_FILES_ASKED = 100
_AVATAR = re.compile(rb'"avatar_template"\s*:\s*"([^"\\]*)/user_avatar/([a-zA-Z0-9.-]+)/')


def site_of(path: Path, file_bytes: int = FILE_BYTES, total_bytes: int = TOTAL_BYTES) -> str | None:
    """As `https://forum.example`, out of the pictures of its people; one topic alone may show none."""
    for file in islice(export_files(path, file_bytes, total_bytes), _FILES_ASKED):
        if not isinstance(file, Damage) and (avatar := _AVATAR.search(file[1])):
            base, host = (part.decode("utf-8", "replace") for part in avatar.groups())
            # Before it stands a folder of the forum, or the address of a network that only serves pictures.
            folder = base if base.startswith("/") and not base.startswith("//") else ""
            return f"https://{host.lower()}{folder}"
    return None
