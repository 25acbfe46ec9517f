"""The reader of Discourse exports, over made-up topics in their shape, and over a real export where one lies."""

import io
import json
import os
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.archive.discourse.cooked import read_cooked
from hub.archive.discourse.records import Author, Damage, Topic
from hub.archive.discourse.topics import read_topics
from hub.refusals import ErrorCode, Refusal
from hub.text.markdown import render

SITE = "https://forum.example"
LINK = 'rel="nofollow ugc noopener"'
TRACED = 6 if sys.gettrace() else 1
REAL = Path(
    os.environ.get("HUB_TEST_FORUM_ARCHIVE", Path(__file__).parents[3] / "shared/forum-archive/discourse-topics.zip")
)


def a_post(number: int = 1, **changes: object) -> dict:
    return {
        "id": 1_000 + number,
        "name": "Ann Example",
        "username": "ann",
        "avatar_template": "/user_avatar/forum.example/ann/{size}/12_2.png",
        "created_at": f"2021-07-10T15:33:{number % 60:02}.830Z",
        "cooked": f"<p>Text {number}</p>",
        "post_number": number,
        "post_type": 1,
        "updated_at": "2021-07-11T18:10:43.578Z",
        "reply_to_post_number": None,
        "version": 1,
        "actions_summary": [],
        "moderator": False,
        "admin": False,
        "staff": False,
        "user_id": 42,
        "hidden": False,
        "trust_level": 1,
        "deleted_at": None,
        "user_deleted": False,
        **changes,
    }


def a_topic(*posts: dict, **changes: object) -> dict:
    posts = posts or (a_post(),)
    return {
        "post_stream": {"posts": list(posts), "stream": [post["id"] for post in posts]},
        "id": 7,
        "title": "How to <tow>",
        "created_at": "2021-07-10T15:33:01.830Z",
        "last_posted_at": "2021-07-12T08:00:00.001Z",
        "views": 549,
        "like_count": 3,
        "visible": True,
        "closed": False,
        "archived": False,
        "archetype": "regular",
        "slug": "how-to-tow",
        "category_id": 5,
        "deleted_at": None,
        "pinned_globally": False,
        "pinned": False,
        **changes,
    }


def read(folder: Path, *topics: object, **options) -> list[Topic | Damage]:
    for place, topic in enumerate(topics):
        data = topic if isinstance(topic, bytes) else json.dumps(topic).encode()
        (folder / f"{place}.json").write_bytes(data)
    return list(read_topics(folder, **options))


def one(folder: Path, topic: dict | bytes, **options) -> Topic:
    found = read(folder, topic, **options)
    assert [type(item) for item in found] == [Topic], found
    return found[0]


def reason(folder: Path, topic: object, **options) -> str:
    found = read(folder, topic, **options)
    assert [type(item) for item in found] == [Damage], found
    assert found[0].file == "0.json"
    return found[0].reason


def without(row: dict, key: str) -> dict:
    return {name: value for name, value in row.items() if name != key}


def zipped(folder: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    path = folder / "export.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


# ── what is read ──


def test_a_topic_is_read_whole(tmp_path):
    topic = one(tmp_path, a_topic(a_post(1), a_post(2), closed=True, archived=True, pinned_globally=True))
    assert (topic.legacy_id, topic.slug, topic.title, topic.category_id) == (7, "how-to-tow", "How to <tow>", 5)
    assert (topic.views, topic.like_count, topic.tags) == (549, 3, ())
    assert (topic.closed, topic.archived, topic.pinned, topic.unlisted, topic.deleted) == (
        True,
        True,
        True,
        False,
        False,
    )
    assert topic.created_at == datetime(2021, 7, 10, 15, 33, 1, 830_000, UTC)
    assert topic.last_posted_at == datetime(2021, 7, 12, 8, 0, 0, 1_000, UTC)
    assert topic.author == topic.posts[0].author == Author(42, "ann", "Ann Example", 1, staff=False)
    assert topic.url == "https://forum.example/t/how-to-tow/7"


def test_a_post_is_read_whole(tmp_path):
    likes = [{"id": 2, "count": 4}, {"id": 3, "count": 9}]
    told = a_post(1, actions_summary=likes, moderator=True, version=3, cooked="<p>a <b>b</b></p>", hidden=True)
    post = one(tmp_path, a_topic(told)).posts[0]
    assert (post.legacy_id, post.number, post.reply_to, post.version, post.likes) == (1_001, 1, None, 3, 4)
    assert (post.source, post.html, post.excerpt) == ("a **b**", "<p>a <strong>b</strong></p>", "a b")
    assert (post.by_staff, post.hidden, post.deleted) == (True, True, False)
    assert post.created_at == datetime(2021, 7, 10, 15, 33, 1, 830_000, UTC)
    assert post.updated_at == datetime(2021, 7, 11, 18, 10, 43, 578_000, UTC)


def test_a_post_of_one_version_was_never_edited(tmp_path):
    assert one(tmp_path, a_topic(a_post(version=1))).posts[0].updated_at is None


def test_times_are_in_utc_and_of_milliseconds(tmp_path):
    topic = one(tmp_path, a_topic(created_at="2021-07-10T17:33:01.830999+02:00", last_posted_at=None))
    assert topic.created_at == datetime(2021, 7, 10, 15, 33, 1, 830_000, UTC)
    assert topic.last_posted_at == topic.posts[0].created_at


def test_tags_come_plain_or_as_objects(tmp_path):
    tags = ["brakes", {"id": 1, "name": "Winter  tyres", "slug": "winter-tyres"}, "brakes", "", "x" * 200]
    assert one(tmp_path, a_topic(tags=tags)).tags == ("brakes", "Winter tyres", "x" * 100)


def test_no_more_than_fifty_tags_are_kept(tmp_path):
    assert len(one(tmp_path, a_topic(tags=[str(number) for number in range(60)])).tags) == 50


@pytest.mark.parametrize("slug", ["", "-", None, "%e6%97%a5", "日本"])
def test_a_slug_that_is_none_is_made_of_the_title(tmp_path, slug):
    assert one(tmp_path, a_topic(slug=slug)).slug == "how-to-tow"


def test_unlisted_and_deleted_topics_say_so(tmp_path):
    topic = one(tmp_path, a_topic(visible=False, deleted_at="2021-07-10T15:33:01.830Z"))
    assert (topic.unlisted, topic.deleted) == (True, True)


def test_posts_are_sorted_and_the_first_of_a_number_is_kept(tmp_path):
    posts = [a_post(3), a_post(1), a_post(2, cooked="first"), a_post(2, cooked="second")]
    assert [(post.number, post.source) for post in one(tmp_path, a_topic(*posts)).posts] == [
        (1, "Text 1"),
        (2, "first"),
        (3, "Text 3"),
    ]


def test_whispers_are_not_imported(tmp_path):
    posts = [a_post(1), a_post(2, post_type=4), a_post(3, post_type=3, cooked=""), a_post(4, post_type=2)]
    assert [post.number for post in one(tmp_path, a_topic(*posts)).posts] == [1, 3, 4]


@pytest.mark.parametrize(
    ("action", "words"),
    [("closed.enabled", "Closed this topic."), ("split_topic", "Split topic"), ("", "Changed this topic.")],
)
def test_what_staff_did_to_a_topic_is_kept_in_words(tmp_path, action, words):
    posts = [a_post(1), a_post(2, post_type=3, cooked="", action_code=action)]
    assert one(tmp_path, a_topic(*posts)).posts[1].excerpt == words


def test_answers_point_back_to_posts_that_are_there(tmp_path):
    answers = {1: 1, 2: 1, 3: 4, 4: 99, 5: 2, 6: 6, 7: 8, 9: 7}
    posts = [a_post(number, reply_to_post_number=target) for number, target in answers.items()]
    posts.append(a_post(8, post_type=4))
    posts.append(a_post(10, reply_to_post_number=8))
    found = one(tmp_path, a_topic(*posts)).posts
    assert {post.number: post.reply_to for post in found if post.reply_to} == {2: 1, 5: 2, 9: 7}


@pytest.mark.parametrize("nobody", [{"user_id": None, "username": None}, {"user_id": -1, "username": "system"}])
def test_posts_of_deleted_people_and_of_the_forum_have_no_author(tmp_path, nobody):
    post = one(tmp_path, a_topic(a_post(staff=True, **nobody))).posts[0]
    assert (post.author, post.by_staff) == (None, True)


def test_deleted_posts_say_so(tmp_path):
    posts = [a_post(1, deleted_at="2021-07-10T15:33:01.830Z"), a_post(2, user_deleted=True), a_post(3)]
    assert [post.deleted for post in one(tmp_path, a_topic(*posts)).posts] == [True, True, False]


def test_absurdly_long_names_are_cut(tmp_path):
    topic = one(tmp_path, a_topic(a_post(username="u" * 999, name="n" * 999), title="word " * 999))
    assert topic.author == Author(42, "u" * 60, "n" * 255, 1, staff=False)
    assert len(topic.title) <= 255
    assert topic.title.endswith("word…")


def test_nul_and_halves_of_characters_are_removed(tmp_path):
    data = json.dumps(a_topic(a_post(cooked="<p>a\0b 😀 C:\\\\ud800</p>"), title="a\0b")).encode()
    broken = data.replace(b"Ann Example", b"A\\ud83dnn \\udc00Ex\\ud83d\\ude00").replace(
        b"a\\u0000b", b"a\\u0000\\uDFFFb"
    )
    topic = one(tmp_path, broken)
    assert topic.title == "ab"
    assert topic.author.name == "Ann Ex😀"
    assert topic.posts[0].html == "<p>ab 😀 C:\\\\ud800</p>"


# ── what the posts say ──


def cooked(html: str, site: str | None = SITE) -> tuple[str, str]:
    text = read_cooked(html, site)
    return text.source, text.html


@pytest.mark.parametrize(
    ("html", "source"),
    [
        ('<p>a <img src="/e/slight_smile.png" title=":slight_smile:" class="emoji" alt=":slight_smile:"></p>', "a 🙂"),
        ('<p><img title=":wink:" class="emoji only-emoji" alt=":wink:" src="/e/wink.png"></p>', "😉"),
        ('<p><img src="/e/1.png" title="grin" alt="grin" class="emoji"></p>', "😁"),
        ('<p><img src="/e/1.png" class="emoji" alt=":+1:t3:"></p>', "👍🏼"),
        ('<p><img src="/e/1.png" class="emoji emoji-custom" alt=":our_logo:"></p>', ":our_logo:"),
        ('<p><a class="mention" href="/u/ann">@ann</a> <span class="mention">@gone</span></p>', "@ann @gone"),
        ('<p><span class="hashtag">#define</span> x</p>', "#define x"),
        ('<p><span class="bbcode-b">a</span> <span class="bbcode-i">b</span></p>', "**a** *b*"),
        ('<pre><code class="lang-cpp">a_b *c;\n</code></pre>', "```cpp\na_b *c;\n```"),
        ('<pre><code class="lang-auto">a\n\nb\n</code></pre>', "```\na\n\nb\n```"),
        ("<pre><code>```\na\n```</code></pre>", "````\n```\na\n```\n````"),
        ("<p>a<br>\nb</p>", "a  \nb"),
        ("<ol start='3'><li>a</li><li><p>b</p><p>c</p></li></ol>", "3. a\n4. b\n\n   c"),
        ("<ul><li>a<ul><li>b</li></ul></li></ul>", "- a\n  - b"),
        ("<p>1. a * b_c _d_ [e] &lt;f&gt; # g</p>", "1\\. a \\* b_c \\_d\\_ \\[e\\] \\<f> # g"),
        ("<p># no title</p>", "\\# no title"),
        ('<p><a href="https://a.example/b_(c)">d</a></p>', "[d](https://a.example/b_%28c%29)"),
        ('<p><a href="https://a.example/b_c">https://a.example/b_c</a></p>', "<https://a.example/b_c>"),
        ('<p><img src="https://a.example/b.png" alt="c]d" title="e"></p>', "![c d](https://a.example/b.png)"),
        ("https://a.example", "https://a.example"),
        ("", ""),
    ],
)
def test_cooked_html_becomes_markdown(html, source):
    assert cooked(html)[0] == source


def test_a_quote_begins_with_who_is_quoted():
    quote = """<aside class="quote no-group" data-username="Bea" data-post="2" data-topic="7">
    <div class="title"><div class="quote-controls"></div>
    <img alt="" width="20" height="20" src="/user_avatar/forum.example/bea/40/1.png" class="avatar"> Bea:</div>
    <blockquote><p>Quoted.</p></blockquote></aside><p>Answered.</p>"""
    text = read_cooked(quote, SITE)
    assert text.source == "> Bea:\n>\n> Quoted.\n\nAnswered."
    assert text.excerpt == "Answered."
    assert "<aside" not in text.html
    assert "<img" not in text.html


def test_a_preview_becomes_the_link_it_stands_for():
    preview = """<aside class="onebox whitelistedgeneric"><header class="source">
    <img src="https://b.example/icon.svg" class="site-icon"><a href="https://b.example/c" target="_blank">B</a></header>
    <article class="onebox-body"><h3><a href="https://b.example/c">The title</a></h3><p>More</p></article></aside>"""
    assert cooked(preview) == (
        "[The title](https://b.example/c)",
        f'<p><a href="https://b.example/c" {LINK}>The title</a></p>',
    )


def test_films_and_frames_become_links():
    film = '<div class="lazyYT" data-youtube-id="x-1" data-youtube-title="A film"></div>'
    assert cooked(film)[0] == "[A film](https://www.youtube.com/watch?v=x-1)"
    assert cooked('<iframe src="https://b.example/c"></iframe>')[0] == "<https://b.example/c>"
    assert cooked('<video title="d"><source src="/uploads/c.mp4"></video>')[0] == f"[d]({SITE}/uploads/c.mp4)"


def test_previews_films_and_pictures_without_an_address_show_what_they_hold():
    assert cooked('<aside class="onebox"><article><p>Words</p></article></aside>')[0] == "Words"
    assert cooked('<div class="lazyYT">Words</div>')[0] == "Words"
    assert cooked('<p>a<img src="" alt="b"></p><video title="c"></video>')[0] == "a"


def test_a_lightbox_is_a_picture_with_a_link_and_no_more():
    box = """<p><div class="lightbox-wrapper"><a class="lightbox" href="//cdn.example/a.png" title="Shot">
    <img src="/uploads/b.png" alt="Shot" width="69" height="38" srcset="x 2x"><div class="meta"><svg></svg>
    <span class="filename">Shot</span><span class="informations">1280x720</span></div></a></div></p>"""
    source, html = cooked(box)
    assert source == f"[![Shot]({SITE}/uploads/b.png)](https://cdn.example/a.png)"
    assert "1280" not in html


def test_links_are_whole_where_the_forum_is_known():
    html = '<p><a href="/t/x/8">a</a> <a href="//cdn.example/b">b</a> <a href="#c">c</a> <a href="//[">d</a></p>'
    assert cooked(html)[0] == f"[a]({SITE}/t/x/8) [b](https://cdn.example/b) c [d](//[)"
    assert cooked('<p><a href="/t/x/8">a</a></p>', site=None)[0] == "[a](/t/x/8)"


def test_the_language_of_code_is_told_in_one_way():
    assert cooked('<pre><code class="lang-cpp">a</code></pre>')[1] == '<pre><code class="language-cpp">a</code></pre>'


@pytest.mark.parametrize(
    "html",
    [
        "<p>a<script>alert(1)</script></p>",
        '<p>a<img src="x" onerror="alert(1)"></p>',
        '<p>a<a href="javascript:alert(1)"></a></p>',
        '<p>a<svg><style><img src=x onerror="alert(1)"></style></svg></p>',
        "<p>a<!-- <script>alert(1)</script> --></p>",
        '<p>a<iframe src="javascript:alert(1)"></iframe></p>',
        '<p>a<div class="lazyYT" data-youtube-id="&quot;onclick=alert(1)"></div></p>',
    ],
)
def test_cooked_html_that_acts_is_disarmed(html):
    source, safe = cooked(html)
    assert not {"script", "onerror", "javascript:"} & set(safe.replace("<", " ").replace("=", " ").split())
    assert "alert(1)" not in source or "youtube" in source


@settings(deadline=None)
@given(
    st.text(alphabet="ab1 <>&\"'`*_[]()!\\\n#-+.:/=~|é;", max_size=40),
    st.sampled_from(
        [
            "<p>{}</p>",
            "<p>x {} x</p>",
            "<p>a<br>\n{}</p>",
            "<p><em>a{}a</em> a</p>",
            "<ul><li>{}</li><li>b</li></ul>",
            "<blockquote><p>{}</p></blockquote><p>z</p>",
            "<h2>{}</h2>",
            "<p><code>{}</code></p>",
            "<pre><code>{}</code></pre>",
            '<p><a href="https://a.example/b">{}</a></p>',
        ]
    ),
)
def test_any_words_come_back_when_their_markdown_is_rendered(words, frame):
    text = read_cooked(frame.format(words.replace("&", "&amp;").replace("<", "&lt;")), SITE)
    assert render(text.source).excerpt.split() == text.excerpt.split()


# ── where it is read from ──


def test_the_address_is_found_in_the_pictures_of_other_topics(tmp_path):
    nameless = a_topic(a_post(avatar_template="https://avatars.example/v4/letter/a/{size}.png"))
    pushed = "https://cdn.example/standard17/user_avatar/Forum.example/ann/{size}/1.png"
    found = read(tmp_path, nameless, a_topic(a_post(avatar_template=pushed), id=8))
    assert [topic.url for topic in found] == [f"{SITE}/t/how-to-tow/7", f"{SITE}/t/how-to-tow/8"]


def test_the_address_is_not_taken_from_what_people_wrote(tmp_path):
    lie = '"avatar_template": "/user_avatar/evil.example/x/'
    topic = one(tmp_path, a_topic(a_post(avatar_template="/letter_avatar/a.png", cooked=lie, name=lie)))
    assert topic.url is None


def test_the_address_may_be_given_or_lie_in_a_folder(tmp_path):
    assert one(tmp_path, a_topic(), site="https://given.example/").url == "https://given.example/t/how-to-tow/7"
    inside = a_post(avatar_template="/talk/user_avatar/forum.example/ann/{size}/1.png")
    assert one(tmp_path, a_topic(inside)).url == f"{SITE}/talk/t/how-to-tow/7"


def test_folders_are_walked_and_other_files_ignored(tmp_path):
    for name in (
        "a/b/two.JSON",
        "one.json",
        "__MACOSX/._one.json",
        ".git/x.json",
        "a/.hidden.json",
        "README.md",
        ".DS_Store",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(json.dumps(a_topic(id=1 + ("two" in name))))
    assert sorted(topic.legacy_id for topic in read_topics(tmp_path)) == [1, 2]


def test_a_zip_is_read_without_unpacking(tmp_path):
    data = json.dumps(a_topic()).encode()
    files = {"x/README.txt": b"", "x/7.json": data, "__MACOSX/x/._7.json": b"x", "../../evil.json": b"{"}
    path = zipped(tmp_path, files)
    found = list(read_topics(path))
    assert [type(item) for item in found] == [Damage, Topic]
    assert found[0].file == "../../evil.json"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "make", [lambda _: None, lambda path: path.write_text("{}"), lambda path: path.write_bytes(b"PK\5\6")]
)
def test_what_is_neither_folder_nor_zip_is_refused_at_once(tmp_path, make):
    path = tmp_path / "export"
    make(path)
    with pytest.raises(Refusal) as refusal:
        read_topics(path)
    assert refusal.value.code is ErrorCode.INVALID


def test_links_in_a_folder_are_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.json").write_text(json.dumps(a_topic()))
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.json").symlink_to(outside / "secret.json")
    (inside / "folder").symlink_to(outside)
    assert list(read_topics(inside)) == [Damage("link.json", "is a link, and links are not followed")]


def test_a_pipe_in_a_folder_does_not_hold_the_reader(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    assert list(read_topics(tmp_path)) == []


def test_a_folder_that_cannot_be_read_is_told(tmp_path, monkeypatch):
    def walk(_folder, onerror):
        onerror(PermissionError(13, "denied", str(tmp_path / "closed")))
        return iter(())

    monkeypatch.setattr(os, "walk", walk)
    assert list(read_topics(tmp_path, site=SITE)) == [Damage("closed", "is a folder that cannot be read")]


def test_a_file_name_cannot_write_to_a_terminal(tmp_path):
    (tmp_path / "a\x1b[2J\n.json").write_text("{")
    assert [item.file for item in read_topics(tmp_path)] == ["a?[2J?.json"]


# ── what is damaged ──


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff\xfe{\0}\0",
        b'{"title": "\xe9"}',
        b"[" * 5_000 + b"]" * 5_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b'{"id": NaN}',
    ],
)
def test_what_is_not_json_is_damage(tmp_path, data):
    assert reason(tmp_path, data).startswith("is not JSON: ")


def test_a_byte_order_mark_is_no_damage(tmp_path):
    assert isinstance(read(tmp_path, b"\xef\xbb\xbf" + json.dumps(a_topic()).encode())[0], Topic)


@pytest.mark.parametrize(
    ("topic", "why"),
    [
        ([], "it is not an object"),
        ({}, "“post_stream” is not an object"),
        (a_topic(post_stream={"posts": []}), "has no posts"),
        (a_topic(post_stream={}), "has no posts"),
        (a_topic(post_stream={"posts": 3}), "“posts” is not a list"),
        (a_topic(a_post(2)), "post 1, its own text, is missing"),
        (a_topic(a_post(1, post_type=4), a_post(2)), "post 1, its own text, is missing"),
        (a_topic(without(a_post(), "cooked")), "post 1: “cooked” is missing"),
        (a_topic(a_post(cooked=["x"])), "post 1: “cooked” is not text"),
        (a_topic(a_post(created_at="yesterday")), "post 1: “created_at” is not a time"),
        (a_topic(a_post(created_at="2021-07-10T15:33:01")), "post 1: “created_at” is not a time"),
        (a_topic(a_post(created_at="0001-01-01T00:00:00+09:00")), "post 1: “created_at” is not a time"),
        (a_topic(a_post(post_type=9)), "post 1: “post_type” 9 is not known"),
        (a_topic(a_post(username=" ")), "post 1: “username” is empty"),
        (a_topic(a_post(cooked="x" * 200_001)), "post 1: its text is longer than 200000 characters of HTML"),
        (a_topic(a_post(cooked="<ul><li>" * 60)), "post 1: its HTML nests deeper than 100"),
        (a_topic(a_post(hidden="no")), "post 1: “hidden” is neither true nor false"),
        (a_topic(a_post(actions_summary=[3])), "post 1: an action is not an object"),
        (without(a_topic(), "title"), "“title” is missing"),
        (a_topic(title=" \0 "), "“title” is empty"),
        (a_topic(id="7"), "“id” is not a whole number from 1 to 9223372036854775807"),
        (a_topic(id=True), "“id” is not a whole number from 1 to 9223372036854775807"),
        (a_topic(category_id=None), "“category_id” is missing"),
        (a_topic(views=-1), "“views” is not a whole number from 0 to 2147483647"),
        (a_topic(tags=[3]), "a tag is not an object"),
        (a_topic(archetype="private_message"), "is a private message, and those are not imported"),
    ],
)
def test_a_topic_that_does_not_fit_is_damage_with_a_reason(tmp_path, topic, why):
    assert reason(tmp_path, topic) == why


def test_other_posts_that_do_not_fit_are_left_out_and_told(tmp_path):
    broken = [a_post(number, version="x") for number in (3, 4, 5, 6)]
    topic, damage = read(tmp_path, a_topic(a_post(1), *broken, a_post(7, reply_to_post_number=3)))
    assert [(post.number, post.reply_to) for post in topic.posts] == [(1, None), (7, None)]
    assert damage.reason.startswith("topic 7 is read without some posts; post 3: “version” is not a whole number")
    assert damage.reason.endswith("; and 1 more")


def test_posts_that_only_the_stream_names_are_told(tmp_path):
    topic = a_topic(a_post(1))
    topic["post_stream"]["stream"] += [5_001, 5_002]
    found = read(tmp_path, topic)
    assert [type(item) for item in found] == [Topic, Damage]
    assert "2 of its posts are not in the file" in found[1].reason


def test_a_topic_is_read_once(tmp_path):
    found = read(tmp_path, a_topic(title="First"), a_topic(title="Second"))
    assert found[0].title == "First"
    assert found[1:] == [Damage("1.json", "repeats topic 7, which was read before")]


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda x: st.lists(x) | st.dictionaries(st.sampled_from(sorted({**a_topic(), **a_post()})), x),
    )
)
def test_no_json_whatever_is_more_than_damage(tmp_path_factory, value):
    folder = tmp_path_factory.mktemp("any")
    inside = value if isinstance(value, dict) else {"post_stream": {"posts": [a_post(), value]}, "tags": value}
    for topic in (value, a_topic() | inside, a_topic(a_post() | inside), a_topic(a_post(), a_post(2) | inside)):
        assert read(folder, topic)


# ── what would do harm ──


def test_a_file_over_the_limit_is_damage_and_the_rest_is_read(tmp_path):
    small = json.dumps(a_topic(id=8)).encode()
    path = zipped(tmp_path, {"a.json": b"[" + b" " * 10_000_000 + b"]", "b.json": small})
    found = list(read_topics(path, file_bytes=1_000_000))
    assert found[0] == Damage("a.json", "is larger than 1000000 bytes")
    assert found[1].legacy_id == 8


def test_reading_ends_where_all_files_together_are_too_large(tmp_path):
    path = zipped(tmp_path, {f"{name}.json": b" " * 600 for name in "abc"})
    found = list(read_topics(path, file_bytes=1_000, total_bytes=1_000))
    assert [item.file for item in found] == ["a.json", "b.json"]
    assert found[1].reason == "ends the reading: all files together are larger than 1000 bytes"


def test_a_size_that_a_zip_declares_is_not_believed(tmp_path):
    data = b'"' + b"x" * 50_000 + b'"'
    path = zipped(tmp_path, {"a.json": data})
    raw = path.read_bytes()
    assert raw.count(len(data).to_bytes(4, "little")) == 2
    path.write_bytes(raw.replace(len(data).to_bytes(4, "little"), (9).to_bytes(4, "little")))
    assert list(read_topics(path)) == [Damage("a.json", "cannot be read")]


def test_encrypted_and_strangely_packed_files_are_damage(tmp_path):
    path = zipped(tmp_path, {"a.json": b"{}"})
    raw = bytearray(path.read_bytes())
    raw[6] |= 1
    raw[raw.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(raw)
    assert list(read_topics(path)) == [Damage("a.json", "is encrypted")]
    packed = zipped(tmp_path, {"a.json": b"{}"}, zipfile.ZIP_LZMA)
    assert list(read_topics(packed)) == [Damage("a.json", "is packed by a method that is not read here")]


def test_a_zip_with_any_broken_byte_breaks_no_reader(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", json.dumps(a_topic()))
    raw, path = buffer.getvalue(), tmp_path / "export.zip"
    for place in range(len(raw)):
        path.write_bytes(raw[:place] + bytes([raw[place] ^ 0xFF]) + raw[place + 1 :])
        try:
            assert all(isinstance(item, Topic | Damage) for item in read_topics(path))
        except Refusal as refusal:
            assert refusal.code is ErrorCode.INVALID


@pytest.mark.parametrize(
    "html",
    [
        *("<!--", "<a ", "<b><i>", "<p>x", "<ol><li>", "<li>x<br>", "</b><p>", "<a href=x>", "&", "`", "<pre>\n", "\\"),
        *(
            "<blockquote>",
            "<table><tr><td>",
            "<aside class=quote>",
            "<svg><p>",
            "<![CDATA[",
            "<textarea>",
            " ",
            "[",
            "*_",
        ),
    ],
)
def test_hostile_html_is_read_or_refused_in_time(tmp_path, html):
    start = process_time()
    assert read(tmp_path, a_topic(a_post(cooked=(html * 30_000)[:30_000])))
    assert process_time() - start < 3 * TRACED


def test_styles_that_would_multiply_without_end_are_refused(tmp_path):
    styles = "".join(f"<b class=x id={number}>" for number in range(1_000))
    assert reason(tmp_path, a_topic(a_post(cooked="<p>" + styles + "<p>x" * 10_000))).startswith(
        "post 1: its HTML has more styles"
    )
    plain = "<p>" + "<b><i><s><u><em><tt>" * 3 + "<p>x" * 40_000
    assert reason(tmp_path, a_topic(a_post(cooked=plain))) == "post 1: its HTML grows without end"


# ── the real one ──


@pytest.mark.skipif(not REAL.exists(), reason=f"no real export at {REAL}; HUB_TEST_FORUM_ARCHIVE names one")
def test_a_real_export_is_read_whole_and_fast():
    start = process_time()
    found = list(read_topics(REAL))
    assert process_time() - start < 10 * TRACED
    topics = [item for item in found if isinstance(item, Topic)]
    posts = [post for topic in topics for post in topic.posts]
    assert len(found) == len(topics) == 302
    assert len(posts) == 2_119
    assert len({post.legacy_id for post in posts}) == len(posts)
    assert {topic.url.rsplit("/t/")[0] for topic in topics if topic.url} == {"https://discourse.urho3d.io"}
    assert all(post.source and post.html and post.author for post in posts)
    assert sum(post.likes for post in posts) == 416
    assert sum(post.reply_to is not None for post in posts) == 506
    assert all(render(post.source).excerpt.split() == post.excerpt.split() for post in posts)
