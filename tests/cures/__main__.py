"""Takes out each cure of `table.py` in turn and runs the test that is to miss it: `python -m tests.cures [WORD …]`.

In a copy of the tree, which is made whole again after each. First all named tests run as they are, and must be green.
With WORDs only the rows that hold one of them. Exits with 1 when a test stays green without its cure.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.cures.cure import Cure
from tests.cures.table import CURES

_ROOT = Path(__file__).parents[2]
_GREEN = 0
_RED = 1
_PATIENCE = 60
_QUIETLY = ("-q", "-x", "--no-header", "--tb=no", "-p", "no:cacheprovider")


def main(words: list[str]) -> int:
    chosen = [
        cure for cure in CURES if not words or any(word in f"{cure.row} {cure.path} {cure.test}" for word in words)
    ]
    missed: list[Cure] = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "hub"
        shutil.copytree(_ROOT, copy, ignore=shutil.ignore_patterns(".git", "__pycache__", ".*cache", "node_modules"))
        for form in sorted({cure.form for cure in chosen}):
            if _outcome(copy, form, *dict.fromkeys(cure.test for cure in chosen if cure.form == form)) != _GREEN:
                print("The tests are red as they are.")
                return 1
        for cure in chosen:
            path = copy / cure.path
            whole = path.read_text()
            if whole.count(cure.text) != 1:
                print(f"NOT THERE {cure.row}: {cure.path}")
                missed.append(cure)
                continue
            path.write_text(whole.replace(cure.text, cure.instead))
            outcome = _outcome(copy, cure.form, cure.test)
            path.write_text(whole)
            print(f"{'caught' if outcome == _RED else f'MISSED ({outcome})'} {cure.row}", flush=True)
            missed += [cure] if outcome != _RED else []
    print(f"{len(chosen)} cures taken out, {len(missed)} missed.")
    return 1 if missed else 0


def _outcome(copy: Path, form: str, *tests: str) -> int:
    """A test that never comes to its end without the cure is red."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(copy),
        "HUB_TEST_BACKENDS": form,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = (sys.executable, "-m", "pytest", *_QUIETLY, *tests)
    try:
        done = subprocess.run(
            command,
            cwd=copy,
            env=environment,
            capture_output=True,
            check=False,
            timeout=_PATIENCE * len(tests),
        )
    except subprocess.TimeoutExpired:
        return _RED
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
