"""One statement a page. `$1` and `$2` are the subject's id and, where there is one, the time from which events count."""

from tests.bench.pages.sql.text import Dialect

_FACE = ("display_name", "avatar_url")


def post(d: Dialect) -> str:
    reply = d.object(
        id=d.id("Comment", "r.id"),
        createdAt=d.time("r.created_at"),
        body=d.object(excerpt=d.text("r.body_excerpt")),
        author=d.person("r.author_id", *_FACE),
    )
    replies = "select * from comments r where r.parent_id = p.id order by r.number limit 2"
    comment = d.object(
        id=d.id("Comment", "p.id"),
        number="p.number",
        createdAt=d.time("p.created_at"),
        replyCount="p.reply_count",
        body=d.object(html=d.text("p.body_html")),
        author=d.person("p.author_id", *_FACE),
        replies=d.nodes(reply, replies, "r"),
    )
    shown = d.object(
        id=d.id("Post", "t.id"),
        title=d.text("t.title"),
        publishedAt=d.time("t.published_at"),
        body=d.object(html=d.text("t.body_html")),
        commentCount=d.object(value="s.comment_count"),
        reactions=_reactions(d, "t.id"),
        authors=_authors(d, "t.id", *_FACE),
        comments=d.page(comment, 20, d.cursor("p.number")),
    )
    return f"""{_roots("desc", 20)}
        select {_answer(d, "post", shown)}
        from posts t join subjects s on s.id = t.id where t.id = $1 and s.visibility in ('PUBLIC', 'UNLISTED')"""


def feed(d: Dialect) -> str:
    comment = d.object(
        id=d.id("Comment", "c.id"),
        createdAt=d.time("c.created_at"),
        body=d.object(html=d.text("c.body_html")),
        author=d.person("c.author_id", *_FACE),
    )
    comments = """select * from comments c where c.subject_id = p.id and c.parent_id is null
        order by c.number desc limit 3"""
    shown = d.object(
        id=d.id("Post", "p.id"),
        title=d.text("p.title"),
        publishedAt=d.time("p.published_at"),
        commentCount=d.object(value="p.comment_count"),
        reactions=_reactions(d, "p.id"),
        authors=_authors(d, "p.id", *_FACE),
        comments=d.nodes(comment, comments, "c"),
    )
    rows = """select t.id, t.title, t.published_at, t.listed_at, s.comment_count
        from posts t join subjects s on s.id = t.id
        where t.status in ('PUBLISHED', 'CLOSED', 'ARCHIVED') and s.visibility = 'PUBLIC'
        order by t.listed_at desc, t.id desc limit 21"""
    page = d.page(shown, 20, d.cursor(d.time("p.listed_at"), "p.id"))
    return f"""{_numbered(rows, "x.listed_at desc, x.id desc")} select {_answer(d, "posts", page)}"""


def thread(d: Dialect) -> str:
    comment = d.object(
        id=d.id("Comment", "p.id"),
        number="p.number",
        createdAt=d.time("p.created_at"),
        body=d.object(html=d.text("p.body_html")),
        author=_member(d, "p.author_id"),
    )
    shown = d.object(
        id=d.id("Thread", "t.id"),
        title=d.text("t.title"),
        createdAt=d.time("s.created_at"),
        body=d.object(html=d.text("t.body_html")),
        commentCount=d.object(value="s.comment_count"),
        author=_member(d, "s.author_id"),
        comments=d.page(comment, 50, d.cursor("p.number")),
    )
    return f"""{_roots("", 50)}
        select {_answer(d, "thread", shown)}
        from threads t join subjects s on s.id = t.id where t.id = $1 and s.visibility in ('PUBLIC', 'UNLISTED')"""


def club(d: Dialect) -> str:
    hosts = "select h.user_id from event_hosts h where h.event_id = e.id order by h.position, h.id"
    event = d.object(
        id=d.id("Event", "e.id"),
        title=d.text("e.title"),
        startsAt=d.time("e.starts_at"),
        place=d.object(name=d.text("e.place_name")),
        counts=d.object(going="e.going_count"),
        hosts=d.list(d.person("h.user_id", *_FACE), hosts, "h"),
        rsvps=_coming(d, 10, *_FACE),
    )
    post = d.object(
        id=d.id("Post", "t.id"),
        title=d.text("t.title"),
        publishedAt=d.time("t.published_at"),
        commentCount=d.object(value="t.comment_count"),
        authors=_authors(d, "t.id", "display_name"),
    )
    posts = """select t.id, t.title, t.published_at, s.comment_count
        from post_clubs v join posts t on t.id = v.post_id join subjects s on s.id = t.id
        where v.club_id = k.id and t.status in ('PUBLISHED', 'CLOSED', 'ARCHIVED') and s.visibility = 'PUBLIC'
        order by v.listed_at desc, v.post_id desc limit 10"""
    shown = d.object(
        id=d.id("Club", "k.id"),
        name=d.text("k.name"),
        about=d.object(html=d.text("k.body_html")),
        memberCount=d.object(value="k.member_count"),
        events=d.nodes(event, _events(20), "e"),
        posts=d.nodes(post, posts, "t"),
    )
    return f"select {_answer(d, 'club', shown)} from clubs k where k.id = $1 and k.visibility in ('PUBLIC', 'UNLISTED')"


def user(d: Dialect) -> str:
    shown = d.object(displayName=d.text("u.display_name"), joinedAt=d.time("u.joined_at"))
    return f"select {_answer(d, 'user', shown)} from users u where u.handle_key = $1"


def deep(d: Dialect) -> str:
    event = d.object(
        id=d.id("Event", "e.id"),
        title=d.text("e.title"),
        startsAt=d.time("e.starts_at"),
        rsvps=_coming(d, 5, "display_name"),
    )
    club = d.object(id=d.id("Club", "k.id"), name=d.text("k.name"), events=d.nodes(event, _events(5), "e"))
    shown = d.object(
        id=d.id("User", "w.id"),
        displayName=d.text("w.display_name"),
        clubs=d.nodes(d.object(club=club), _clubs("w.id"), "k"),
    )
    return f"select {_answer(d, 'user', shown)} from users w where w.handle_key = $1"


def _answer(d: Dialect, name: str, value: str) -> str:
    return d.join(f"""'{{"data":{{"{name}":'""", value, "'}}'")


def _numbered(rows: str, order: str) -> str:
    return f"with page as (select x.*, row_number() over (order by {order}) as place from ({rows}) x)"


def _roots(direction: str, size: int) -> str:
    rows = f"""select id, number, created_at, reply_count, body_html, author_id from comments
        where subject_id = $1 and parent_id is null order by number {direction} limit {size + 1}"""
    return _numbered(rows, f"x.number {direction}")


def _reactions(d: Dialect, target: str) -> str:
    rows = f"select * from reaction_tallies y where y.target_id = {target} and y.count > 0 order by y.kind"
    return d.list(d.object(kind=d.text("y.kind"), count="y.count"), rows, "y")


def _authors(d: Dialect, post: str, *columns: str) -> str:
    rows = f"select a.user_id from post_authors a where a.post_id = {post} order by a.position, a.id"
    return d.list(d.person("a.user_id", *columns), rows, "a")


def _clubs(user: str) -> str:
    return f"""select j.id, j.name from memberships m join clubs j on j.id = m.club_id
        where m.user_id = {user} and m.status = 'ACTIVE' and j.visibility in ('PUBLIC', 'UNLISTED')
        order by m.since, m.id limit 10"""


def _member(d: Dialect, user: str) -> str:
    club = d.object(club=d.object(id=d.id("Club", "k.id"), name=d.text("k.name")))
    shown = d.object(
        id=d.id("User", "w.id"),
        displayName=d.text("w.display_name"),
        avatarUrl=d.text("w.avatar_url"),
        clubs=d.nodes(club, _clubs("w.id"), "k"),
    )
    return f"(select {shown} from users w where w.id = {user})"


def _events(size: int) -> str:
    return f"""select e.* from events e join subjects s on s.id = e.id
        where e.club_id = k.id and e.starts_at >= $2 and s.visibility = 'PUBLIC'
        order by e.starts_at, e.id limit {size}"""


def _coming(d: Dialect, size: int, *columns: str) -> str:
    rows = f"""select r.user_id from rsvps r where r.event_id = e.id and r.status = 'GOING' and r.public_attendance
        order by r.at, r.id limit {size}"""
    return d.nodes(d.object(user=d.person("r.user_id", *columns)), rows, "r")


READS = {"PostPage": post, "Feed": feed, "ThreadPage": thread, "ClubPage": club, "User": user, "Deep": deep}
