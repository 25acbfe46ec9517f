"""A promise, its cure and the test that holds it."""

from typing import NamedTuple


class Cure(NamedTuple):
    """Where `text`, which stands once in the file, is taken out for `instead`, the test turns red, on that form."""

    row: str
    path: str
    text: str
    instead: str
    test: str
    form: str = "embedded"
