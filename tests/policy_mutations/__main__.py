"""Takes out each policy check in turn and counts what the suite misses: `python -m tests.policy_mutations [WORD …]`.

First the tests of the rooms run once, to learn which of them runs which line; `--seen FILE` keeps that for the next
time. Then two checks at a time are taken out (`checks.py` says what one is), each in a child that has all modules
already and only gets the other code, or constants; a declaration that is missed so, in a copy of the tree that is
imported anew. With WORDs only the checks whose description holds one of them. Exits with 1 when
anything is missed.
"""

import asyncio
import os
import shutil
import sys
import tempfile
from argparse import ArgumentParser
from functools import cache, partial
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

from hub.settings import Settings
from tests.policy_mutations import running
from tests.policy_mutations.checks import ROOT, Check, checks
from tests.policy_mutations.witnesses import Witnesses, record

AT_ONCE = 2


def main() -> int:
    parser = ArgumentParser(prog="python -m tests.policy_mutations", description=__doc__)
    parser.add_argument("--seen", type=Path, metavar="FILE")
    parser.add_argument("words", nargs="*", metavar="WORD")
    chosen = parser.parse_args()
    os.environ["HUB_TEST_BACKENDS"] = "embedded"
    found = [check for check in checks() if any(word in str(check) for word in chosen.words or [""])]
    missed: list[Check] = []
    with tempfile.TemporaryDirectory() as folder:
        seen = chosen.seen or Path(folder) / "seen"
        if not seen.exists():
            record(seen)
        running.import_all()
        _make_template(Path(folder) / "template")
        with get_context("fork").Pool(AT_ONCE, _begin, [folder]) as pool:
            if not pool.apply(_is_green_as_it_is, [folder]):
                print("The matrix is red as it is.")
                return 1
            verdicts = pool.imap_unordered(partial(_judge, folder, seen), found)
            for place, (check, is_out) in enumerate(verdicts, 1):
                missed += [check] if is_out else []
                print(f"{place}/{len(found)} {'MISSED' if is_out else 'caught'} {check}", flush=True)
    print(f"{len(found)} checks taken out, {len(missed)} missed.", *missed, sep="\n")
    return 1 if missed else 0


def _make_template(folder: Path) -> None:
    """A migrated database, for all; made in a child, as threads and forks do not mix."""
    folder.mkdir()
    conftest = import_module("tests.conftest")
    conftest._templates["sqlite"] = str(folder / "hub.sqlite3")
    maker = get_context("fork").Process(target=lambda: asyncio.run(conftest.migrate(Settings(data_dir=folder))))
    maker.start()
    maker.join()


def _begin(folder: str) -> None:
    """Each process has a copy of its own."""
    shutil.copytree(ROOT, _copy(folder), ignore=shutil.ignore_patterns(".git", "__pycache__", ".*cache", "hub-data"))


def _copy(folder: str) -> Path:
    return Path(folder) / str(os.getpid())


def _is_green_as_it_is(folder: str) -> bool:
    return running.is_green_as_it_is(_copy(folder))


def _judge(folder: str, seen: Path, check: Check) -> tuple[Check, bool]:
    return check, running.is_missed(check, _witnesses(seen), _copy(folder))


@cache
def _witnesses(seen: Path) -> Witnesses:
    return Witnesses(seen)


if __name__ == "__main__":
    sys.exit(main())
