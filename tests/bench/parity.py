"""Thousands of random documents, each answered by its plan and by execution: `python -m tests.bench parity`."""

import logging
import tempfile
from pathlib import Path
from typing import Any

import structlog

from hub.demo.loading import load
from hub.demo.story import STORY
from hub.live.backend import Backend
from hub.settings import Settings
from hub.store.migrating import migrate
from tests.bench.unlimited import UNLIMITED
from tests.parity import Parity, make_nasty


async def run(database_url: str, documents: int, seed: int) -> dict[str, Any]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), database_url=database_url, **UNLIMITED)
        await migrate(settings)
        backend = await Backend.open(settings)
        try:
            await load(backend.database, STORY)
            await make_nasty(backend)
            return (await Parity(backend, seed).run(documents)).shown()
        finally:
            await backend.close()
