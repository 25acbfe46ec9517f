import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.refusals import ErrorCode, FieldRefusal
from hub.text.plain import ensure_line, ensure_text, is_blank, slug_of


def refused(value: str, *, least: int = 1, most: int = 20) -> FieldRefusal:
    with pytest.raises(FieldRefusal) as refusal:
        ensure_text(value, "body", least=least, most=most)
    return refusal.value


@pytest.mark.parametrize("value", ["a\0b", "a\ud800", "\udfff"])
def test_characters_that_no_database_takes_are_refused(value):
    assert refused(value).code is ErrorCode.INVALID


@pytest.mark.parametrize("value", ["", "  ", "\r\n\t", "\u200b\ufeff", "\u00a0\u2060"])
def test_a_text_with_nothing_to_see_is_required(value):
    refusal = refused(value)
    assert (refusal.code, refusal.path, refusal.least, refusal.most) == (ErrorCode.REQUIRED, ("body",), 1, 20)


def test_nothing_is_enough_where_nothing_is_asked():
    assert ensure_text(" ", least=0, most=5) == ""


def test_lengths_are_judged_and_the_limits_told():
    short, long = refused("ab", least=3), refused("a" * 21, least=3)
    assert (short.code, short.least, short.most) == (ErrorCode.TOO_SHORT, 3, 20)
    assert (long.code, long.least, long.most) == (ErrorCode.TOO_LONG, 3, 20)
    assert ensure_text("abc", least=3, most=3) == "abc"


def test_spaces_around_do_not_make_a_text_longer():
    assert refused("  ab  ", least=3).code is ErrorCode.TOO_SHORT
    assert ensure_text(" " * 50 + "ab\n\n", least=1, most=2) == "ab"


def test_normalising_may_not_make_a_text_too_long():
    assert refused("\u0958" * 20).code is ErrorCode.TOO_LONG


def test_letters_are_composed_and_lines_end_alike():
    assert ensure_text("cafe\u0301\r\nb\rc", least=1, most=20) == "café\nb\nc"


def test_the_first_of_several_lines_keeps_its_indentation():
    assert ensure_text("\n \n    code\n\n  more \n\n", least=1, most=50) == "    code\n\n  more"


@pytest.mark.parametrize("marks", ["\u0301\u0328" * 10_000, "\u0301" * 10_000 + "\u0328" * 10_000])
def test_marks_without_end_on_one_letter_are_refused_before_they_cost_time(marks):
    assert refused("a" + marks, most=30_000).code is ErrorCode.INVALID


def test_letters_with_a_few_marks_and_joined_signs_are_welcome():
    text = "Việt Ça̧ 👩‍👩‍👧 مُحَمَّد"
    assert len(ensure_text(text, least=1, most=50)) <= len(text)


def test_a_line_has_no_breaks_and_single_spaces():
    assert ensure_line(" A\ttitle\r\nof  two\u2028lines ", "title", least=1, most=30) == "A title of two lines"


@settings(deadline=None)
@given(st.text(max_size=40))
def test_an_accepted_text_is_accepted_again_unchanged(value):
    try:
        text = ensure_text(value, least=1, most=30)
    except FieldRefusal:
        return
    assert ensure_text(text, least=1, most=30) == text
    assert not is_blank(text)


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Hello, World!", "hello-world"),
        ("  --Ünïcode & Smörgåsbord--  ", "unicode-smorgasbord"),
        ("Straße nach Łódź, Ærøskøbing", "strasse-nach-lodz-aeroskobing"),
        ("日本語", "thread"),
        ("", "thread"),
        ("!!!", "thread"),
        ("a" * 79 + " b", "a" * 79),
        ("a" * 500, "a" * 80),
    ],
)
def test_a_slug_is_made_of_plain_words(title, slug):
    assert slug_of(title) == slug


@settings(deadline=None)
@given(st.text(max_size=300))
def test_a_slug_of_anything_fits_into_an_address(title):
    slug = slug_of(title)
    assert 1 <= len(slug) <= 80
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert slug_of(slug) == slug
