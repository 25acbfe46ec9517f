import pytest

from hub.text.mentions import MOST, mentioned


@pytest.mark.parametrize(
    ("source", "handles"),
    [
        ("@Ada, @bob_x. And *@kim*!", ["ada", "bob_x", "kim"]),
        ("@ada @ADA", ["ada"]),
        ("`@ada` and\n\n    @bob", []),
        ("```\n@ada\n```", []),
        ("> @ada\n\n@bob", ["bob"]),
        ("[@ada](https://example.org) @bob", ["bob"]),
        ("ada@example.org, https://example.org/@ada", []),
        ("@", []),
        ("- one @ada\n- two @bob", ["ada", "bob"]),
    ],
)
def test_a_mention_is_a_handle_in_the_authors_own_words(source: str, handles: list[str]):
    assert mentioned(source) == handles


def test_no_more_than_the_first_ones_count():
    assert mentioned(" ".join(f"@person-{n}" for n in range(MOST + 5))) == [f"person-{n}" for n in range(MOST)]
