"""The table names what is there; that each test turns red without its cure, `python -m tests.cures` tries by hand."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.cures.cure import Cure
from tests.cures.table import CURES

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("cure", CURES, ids=lambda cure: cure.row)
def test_a_row_names_a_cure_that_stands_once_and_a_test_that_is_there(cure: Cure):
    assert (ROOT / cure.path).read_text().count(cure.text) == 1
    path, _, name = cure.test.partition("::")
    assert re.search(rf"^(async )?def {name or 'test_'}", (ROOT / path).read_text(), re.MULTILINE)


def test_no_row_stands_twice():
    assert [row for row, count in Counter(cure.row for cure in CURES).items() if count > 1] == []
