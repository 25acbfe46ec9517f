from pathlib import Path


def run(path: Path) -> None:
    raise SystemExit(path)
