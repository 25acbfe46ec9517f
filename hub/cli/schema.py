import difflib
import sys
from pathlib import Path

from hub.graph.schema import build


def run(path: Path, *, check: bool) -> None:
    text = build().as_str() + "\n"
    if not check:
        path.write_text(text)
        print(f"wrote {path}")
        return
    stored = path.read_text() if path.exists() else ""
    if stored != text:
        print("".join(difflib.unified_diff(stored.splitlines(True), text.splitlines(True), str(path), "the code")))
        print(f"{path} differs from the code: run `hub schema`.")
        sys.exit(1)
