"""The keys that sign links and refresh tokens: those of the settings, or one that the data folder keeps."""

import os
import secrets
from contextlib import suppress
from functools import cache
from pathlib import Path

from hub.settings import Settings


def signing_keys(settings: Settings) -> tuple[str, ...]:
    """Newest first: the first signs, the others still verify."""
    return settings.secret_key or (_kept(settings.data_dir.resolve()),)


@cache
def _kept(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "secret-key"
    if not path.exists():
        draft = folder / f"secret-key.{os.getpid()}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):  # another process was faster
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text()
