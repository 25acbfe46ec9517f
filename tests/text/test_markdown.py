import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.text import markdown
from hub.text.markdown import EXCERPT_CHARS, Text, cut, excerpt_of, render, render_aside
from hub.text.safe_html import clean

LINK = 'rel="nofollow ugc noopener"'
MOST = 20_000
# Measured: 0.4 s at worst. Under a tracer (coverage) every line of the library costs several times as much.
SECONDS = 1 if sys.gettrace() is None else 6

PATHOLOGICAL = [
    *(
        "> ",
        ">",
        "- ",
        "* ",
        "+ ",
        "1. ",
        "> - ",
        "- > 1. ",
        "# ",
        "    ",
        "\t",
        "\n",
        "a\n",
        "a\n=\n",
        "```\n",
        "~~~\n",
    ),
    *("[", "]", "![", "[]", "[a](", "[a](b", "[a](<", "[a](b '", "[a]: ", "[a]: b\n", "[a][", "[[]]()", "![[]()", "[*"),
    *("*", "**", "_", "***a*", "*a**b", "*a _b ", "**a", "a**", "~~", "~~a", "a~~", "~ ![~", "[<", "[`", "![`"),
    *("<", "<!--", "<?", "<![CDATA[", "<http://", "<http://a>", "<a href=", "&", "&#", "\\", "(", ")", "`", "``a`"),
    *("|", "| a ", "|-", "http://a.b ", "www.a.b ", "😀", "\u00a0", "\u200b", "é"),
]


def timed(source: str) -> float:
    start = process_time()
    render(source)
    return process_time() - start


def test_markdown_becomes_html_and_an_excerpt():
    text = render("# Title\n\nSome *words*, ~~gone~~ and `code`.\n\n```c++\nint a;\n```")
    assert text.html == (
        "<h1>Title</h1>\n<p>Some <em>words</em>, <s>gone</s> and <code>code</code>.</p>\n"
        '<pre><code class="language-c++">int a;\n</code></pre>\n'
    )
    assert text.excerpt == "Title Some words, gone and code. int a;"
    assert text.source.startswith("# Title")


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "a <img src=x onerror=alert(1)> b",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt&#58;alert(1))",
        "![x](data:image/svg+xml;base64,AAAA)",
        "<javascript:alert(1)>",
        '[x](https://a.example "\\" onclick=\\"alert(1)")',
        "```x onclick=alert(1)\ny\n```",
        "[x]\n\n[x]: javascript:alert(1)",
    ],
)
def test_html_and_schemes_in_markdown_stay_text(source):
    html = render(source).html
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="java' not in html.lower()
    assert ' onclick="' not in html


def test_links_and_pictures_pass_the_gate():
    assert render("[x](https://a.example)").html == f'<p><a href="https://a.example" {LINK}>x</a></p>\n'
    picture = '<img src="https://a.example/b.png" alt="x" referrerpolicy="no-referrer">'
    assert render("![x](https://a.example/b.png)").html == f"<p>{picture}</p>\n"


@settings(deadline=None)
@given(st.text(alphabet="ab <>&\"'`*_[]()!\\\n#-+.:/=~|1é", max_size=200))
def test_rendered_html_is_clean_and_every_excerpt_fits(source):
    text = render(source)
    assert clean(text.html) == text.html
    assert len(text.excerpt) <= EXCERPT_CHARS


@pytest.mark.parametrize("piece", PATHOLOGICAL)
def test_twenty_thousand_bad_characters_are_rendered_in_time(piece):
    assert timed((piece * MOST)[:MOST]) < SECONDS


@pytest.mark.parametrize("close", ["a", "*", "]", "](b)", ")", "`", ">", "\n"])
@pytest.mark.parametrize("opened", ["[", "![", "*", "_", "<", "(", "`", "<![CDATA[", "> ", "~~"])
def test_what_is_opened_long_and_closed_long_is_rendered_in_time(opened, close):
    half = MOST // 2
    assert timed((opened * half)[:half] + (close * half)[:half]) < SECONDS


def test_ticks_and_definitions_of_all_lengths_are_rendered_in_time():
    assert timed("".join("`" * run + "a" for run in range(199))) < SECONDS
    assert timed("".join(f"[{name}]: u\n" for name in range(1_000)) + "[5]" * 2_000) < SECONDS
    assert timed("".join("  " * depth + "- a\n" for depth in range(139))) < SECONDS


def test_deep_quotes_lose_their_html_and_no_source():
    source = "> " * 30 + "deep\n\nafter"
    text = render(source)
    assert text.excerpt == "after"
    assert text.source == source
    assert "deep" in render("> " * 15 + "deep").html


def test_threads_may_render_at_the_same_time():
    sources = [f"*a{number}*\n\n> b\n\n- [c](https://d.example)" for number in range(50)]
    with ThreadPoolExecutor(8) as pool:
        assert [text.html for text in pool.map(render, sources)] == [render(source).html for source in sources]


@pytest.mark.parametrize("source", ["*a*", "![" * 5_000])
async def test_rendering_aside_gives_the_same_text(source):
    assert await render_aside(source) == render(source)


async def test_a_long_text_does_not_hold_the_event_loop():
    rendering, turns = asyncio.create_task(render_aside("![" * 10_000)), 0
    while not rendering.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 3


def test_an_excerpt_is_plain_text_of_one_line():
    assert render("a <b> &amp; *c*\nd\n\n- e\n- f\n\n***\n\ng").excerpt == "a <b> & c d e f g"


def test_an_excerpt_says_what_the_author_says_and_not_the_quote():
    assert render("> quoted\n\nanswered").excerpt == "answered"
    assert render("> only quoted").excerpt == "only quoted"
    assert excerpt_of("<p>a</p><p>b</p>c<br>d") == "a b c d"


def test_a_long_excerpt_ends_at_a_word():
    excerpt = render("word " * 200).excerpt
    assert excerpt == "word " * 99 + "word…"
    assert len(render("x" * 600).excerpt) == EXCERPT_CHARS


@pytest.mark.parametrize(
    ("chars", "short"),
    [(11, "aaa bbb ccc"), (10, "aaa bbb…"), (8, "aaa bbb…"), (7, "aaa…"), (4, "aaa…"), (3, "aa…"), (1, "…"), (0, "")],
)
def test_a_text_is_cut_at_a_word_or_inside_the_first(chars, short):
    assert cut("aaa bbb ccc", chars) == short


@settings(deadline=None)
@given(st.text(max_size=60), st.integers(-5, 70))
def test_a_cut_text_is_never_longer_than_asked(text, chars):
    assert len(cut(text, chars)) <= max(chars, 0)


@given(st.text(alphabet="abÄ日ß019 ,.;:?!'()-_*#&<\n", max_size=40) | st.from_regex(markdown._PLAIN, fullmatch=True))
@settings(max_examples=300, deadline=None)
def test_plain_words_are_shown_as_markdown_would_show_them(source: str):
    html = clean(markdown._markdown.render(source))
    assert render(source) == Text(source, html, excerpt_of(html))


def test_a_long_line_of_plain_words_has_a_short_excerpt():
    source = " ".join(["words"] * 300)
    assert render(source) == Text(source, f"<p>{source}</p>\n", cut(source, EXCERPT_CHARS))
