"""The demo community: a story that adds up, with numbers that are true."""

import asyncio
from datetime import date
from typing import Any

import pytest

from hub.actions.standing import tell_states
from hub.actions.tallying import tally
from hub.demo.loading import load
from hub.demo.story import STORY
from hub.store.instants import now, to_text
from tests.client import Client
from tests.mutations import attempt, refused, untouched

pytestmark = pytest.mark.asyncio(loop_scope="module")

SLUGS = ["welcome", "disaster-relief-texas", "nebraska-take-action", "her-first-ride", "club-events-ahead"]
HANDLES = {"mara": "POLICY_TEAM", "jonas": "MEMBER", "ines": "MEMBER", "otto": "MODERATOR"}

# A kept number, and the same recounted from the rows.
COUNTERS = {
    "comments of a subject": """select s.comment_count as kept, (select count(*) from comments c
        where c.subject_id = s.id and c.status = 'PUBLISHED') as counted from subjects s""",
    "the last number of a subject": """select s.last_number as kept, (select coalesce(max(c.number), 0) from comments c
        where c.subject_id = s.id) as counted from subjects s""",
    "replies to a comment": """select c.reply_count as kept, (select count(*) from comments r
        where r.parent_id = c.id) as counted from comments c""",
    "members of a club": """select c.member_count as kept, (select count(*) from memberships m
        where m.club_id = c.id and m.status = 'ACTIVE') as counted from clubs c""",
    "threads of a category": """select c.thread_count as kept, (select count(*) from subjects s
        where s.category_id = c.id and s.kind = 'THREAD') as counted from categories c""",
    "people who come": """select e.going_count as kept, (select count(*) from rsvps r
        where r.event_id = e.id and r.status = 'GOING') as counted from events e""",
    "guests whom they bring": """select e.guest_count as kept, (select coalesce(sum(r.guests), 0) from rsvps r
        where r.event_id = e.id and r.status = 'GOING') as counted from events e""",
    "people who may come": """select e.maybe_count as kept, (select count(*) from rsvps r
        where r.event_id = e.id and r.status = 'MAYBE') as counted from events e""",
    "people who do not come": """select e.declined_count as kept, (select count(*) from rsvps r
        where r.event_id = e.id and r.status = 'DECLINED') as counted from events e""",
    "those who take part in an action": """select t.value as kept, (select count(*) from participations p
        where p.action_id = t.id and p.counted and p.status = 'COUNTED') as counted from action_tallies t""",
    "what they pledge": """select t.pledged as kept, (select coalesce(sum(p.amount), 0) from participations p
        where p.action_id = t.id and p.counted) as counted from action_tallies t""",
    "places taken": """select s.booked as kept, (select count(*) from participations p
        where p.shift_id = s.id and p.status = 'COUNTED') as counted from action_shifts s""",
    "those of a region": """select t.value as kept, (select count(*) from participations p
        where p.action_id = t.action_id and p.region = t.region) as counted from action_region_tallies t""",
    "milestones reached": """select case when m.reached_at is null then 0 else 1 end as kept,
        (select count(*) from action_tallies t where t.id = m.action_id and t.value >= m.at) as counted
        from action_milestones m""",
    "reactions": """select t.count as kept, (select count(*) from reactions r
        where r.target_id = t.target_id and r.kind = t.kind) as counted from reaction_tallies t""",
    "targets of reactions": """select count(distinct r.target_id) as kept,
        (select count(distinct target_id) from reaction_tallies) as counted from reactions r""",
}


async def rows(client: Client, sql: str) -> list[dict[str, Any]]:
    return await client.backend.database.fetch(sql)


async def test_loading_twice_changes_nothing(shared: Client) -> None:
    async with untouched(shared):
        assert await load(shared.backend.database, STORY) is False


@pytest.mark.parametrize("name", COUNTERS)
async def test_a_kept_number_is_the_recounted_one(shared: Client, name: str) -> None:
    found = await rows(shared, COUNTERS[name])
    assert found
    assert [row for row in found if row["kept"] != row["counted"]] == []
    assert any(row["kept"] for row in found)


async def test_the_handles_have_their_roles(shared: Client) -> None:
    for handle, role in HANDLES.items():
        data = await shared.data("query ($h: String!) { user(handle: $h) { role status } }", h=handle)
        assert data["user"] == {"role": role, "status": "ACTIVE"}
    organizer = await shared.data('{ club(slug: "lone-star-owners") { viewerMembership { role } } }', "jonas")
    assert organizer["club"]["viewerMembership"] == {"role": "ORGANIZER"}


ACTIONS = {
    "disaster-relief-texas": ("VOLUNTEER", 5),
    "nebraska-take-action": ("SUPPORT_BILL", 6),
    "her-first-ride": ("SIGN", 4),
    "packing-days-austin": ("VOLUNTEER", 4),
    "supplies-for-the-coast": ("COLLECT_SUPPLIES", 3),
    "give-to-the-food-bank": ("DONATE_ELSEWHERE", 2),
    "lend-an-hour": ("PLEDGE", 3),
    "write-to-your-senator": ("CONTACT_OFFICIAL", 3),
    "tell-your-first-ride": ("SHARE_STORY", 3),
}


async def test_posts_of_all_kinds_ask_people_to_do_something(shared: Client) -> None:
    asked = "{ posts(first: 100, filter: {openActionsOnly: true}) { nodes { slug action { kind state tally { value } } } } }"
    found = (await shared.data(asked))["posts"]["nodes"]
    assert {one["slug"]: (one["action"]["kind"], one["action"]["tally"]["value"]) for one in found} == ACTIONS
    assert {one["action"]["state"] for one in found} == {"OPEN"}


async def test_the_story_leaves_nothing_of_actions_to_count_or_tell(shared: Client) -> None:
    async with untouched(shared):
        assert await tally(shared.backend.database, 100) == 0
        assert await tell_states(shared.backend.database) == 0


async def test_the_posts_of_the_story_are_there(shared: Client) -> None:
    data = await shared.data("{ posts(first: 100) { nodes { slug status publishedAt url } } }")
    posts = {post["slug"]: post for post in data["posts"]["nodes"]}
    assert set(SLUGS) <= set(posts)
    assert {post["status"] for post in posts.values()} == {"PUBLISHED"}
    assert posts["welcome"]["publishedAt"].startswith("2020-01-")
    assert posts["welcome"]["url"] == "http://127.0.0.1:8000/posts/welcome"


async def test_the_home_feed_begins_with_what_is_pinned(shared: Client) -> None:
    data = await shared.data("{ homeFeed(first: 20) { nodes { slug pinned publishedAt } } }")
    posts = data["homeFeed"]["nodes"]
    assert [post["slug"] for post in posts[:2]] == ["disaster-relief-texas", "welcome"]
    assert [post["pinned"] for post in posts] == [True, True, *[False] * 10]
    for part in (posts[:2], posts[2:]):
        times = [post["publishedAt"] for post in part]
        assert times == sorted(times, reverse=True)


async def test_posts_have_topics_news_and_what_was_answered_officially(shared: Client) -> None:
    data = await shared.data(
        """{ topics { slug posts { nodes { slug } } } posts(first: 20) { nodes { slug publishedAt
            updates { publishedAt author { role } body { excerpt } } responses { from outcome publishedAt } } } }"""
    )
    topics = {topic["slug"]: [post["slug"] for post in topic["posts"]["nodes"]] for topic in data["topics"]}
    assert topics == {
        "charging": ["where-should-we-charge-next"],
        "disaster-relief": ["disaster-relief-texas"],
        "right-to-buy": ["nebraska-take-action"],
    }
    posts = {post["slug"]: post for post in data["posts"]["nodes"]}
    told = [one for post in posts.values() for one in (*post["updates"], *post["responses"])]
    assert len(told) == 4
    assert all(
        post["publishedAt"] < one["publishedAt"] < to_text(now())
        for post in posts.values()
        for one in (*post["updates"], *post["responses"])
    )
    assert {update["author"]["role"] for update in posts["disaster-relief-texas"]["updates"]} == {"POLICY_TEAM"}
    (answer,) = posts["nebraska-take-action"]["responses"]
    assert answer["outcome"].startswith("Heard in committee")


async def test_every_post_addresses_a_club_with_an_event_to_come_that_people_answered(shared: Client) -> None:
    data = await shared.data(
        """query ($now: DateTime!) { posts(first: 100) { nodes { slug clubs { slug
            events(first: 100, window: {from: $now}) { nodes { slug status rsvps { nodes { status } } } } } } } }""",
        now=to_text(now()),
    )
    for post in data["posts"]["nodes"]:
        answered = [
            event["slug"]
            for club in post["clubs"]
            for event in club["events"]["nodes"]
            if event["status"] == "CONFIRMED" and any(rsvp["status"] == "GOING" for rsvp in event["rsvps"]["nodes"])
        ]
        assert answered, post["slug"]


async def test_the_post_about_events_lists_those_to_come(shared: Client) -> None:
    data = await shared.data(
        """query ($now: DateTime!) { post(slug: "club-events-ahead") { body { source html } }
            events(first: 100, filter: {window: {from: $now}}) { nodes { title } } }""",
        now=to_text(now()),
    )
    body = data["post"]["body"]["source"]
    assert "{events}" not in body
    assert len(data["events"]["nodes"]) >= 5
    assert [event["title"] for event in data["events"]["nodes"] if event["title"] not in body] == []


async def test_events_lie_in_several_zones_and_on_both_sides_of_today(shared: Client) -> None:
    data = await shared.data(
        "{ events(first: 100) { nodes { startsAt endsAt timeZone status club { slug } hosts { id } } } }"
    )
    events = data["events"]["nodes"]
    assert len({event["timeZone"] for event in events}) >= 3
    assert len({event["club"]["slug"] for event in events}) == 5
    today = to_text(now())
    for event in events:
        assert event["status"] == ("ENDED" if event["endsAt"] < today else "CONFIRMED")
        assert event["hosts"]
    assert {event["status"] for event in events} == {"ENDED", "CONFIRMED"}


async def test_old_threads_can_only_be_read_and_say_where_talk_goes_on(shared: Client) -> None:
    data = await shared.data("""{ threads(first: 100, filter: {archived: true}) { nodes { id slug
        commenting { mode } archive { banner reason archivedAt successor { __typename } }
        comments(first: 1) { nodes { id } } } } }""")
    threads = data["threads"]["nodes"]
    assert len(threads) == 10
    for thread in threads:
        assert thread["commenting"]["mode"] == "ARCHIVED"
        assert all(thread["archive"][name] for name in ("banner", "reason", "archivedAt", "successor"))
        error = await refused(shared, "addComment", "ines", subjectId=thread["id"], body="One last word.")
        assert (error["__typename"], error["code"]) == ("FrozenError", "ARCHIVED")
        assert error["message"] == thread["archive"]["banner"]
        assert error["since"] == thread["archive"]["archivedAt"]
        assert error["successor"]["__typename"] == thread["archive"]["successor"]["__typename"]


async def test_the_story_is_in_order(shared: Client) -> None:
    """No comment is older than what it answers, younger than now, or younger than the freeze above it."""
    late = await rows(
        shared,
        """select c.id from comments c join subjects s on s.id = c.subject_id left join comments p on p.id = c.parent_id
           where c.created_at < s.created_at or c.created_at < p.created_at or c.created_at > {now}
              or c.created_at >= s.frozen_at""",
    )
    assert late == []
    unsorted = await rows(
        shared,
        """select c.id from comments c join comments d on d.subject_id = c.subject_id and d.number = c.number + 1
           where d.created_at < c.created_at""",
    )
    assert unsorted == []
    idle = await rows(
        shared,
        """select s.id from subjects s where s.comment_count > 0 and s.last_activity_at <>
           (select max(c.created_at) from comments c where c.subject_id = s.id)""",
    )
    assert idle == []


async def test_every_thread_has_its_category_and_every_subject_its_noun_and_stream(shared: Client) -> None:
    """What the graph never shows as null is never null."""
    for sql in (
        "select id from subjects where kind = 'THREAD' and category_id is null",
        "select id from subjects where kind = 'THREAD' and id not in (select id from threads)",
        "select id from subjects where kind = 'POST' and id not in (select id from posts)",
        "select id from subjects where kind = 'EVENT' and id not in (select id from events)",
        "select id from subjects where id not in (select id from streams)",
        """select c.id from comments c join subjects s on s.id = c.subject_id where c.subject_kind <> s.kind""",
        """select e.id from events e join subjects s on s.id = e.id where e.club_id <> s.club_id""",
    ):
        assert await rows(shared, sql) == [], sql


async def test_trees_have_replies_to_replies(shared: Client) -> None:
    (deepest,) = await rows(shared, "select max(depth) as depth from comments")
    assert deepest["depth"] >= 2
    wrong = await rows(
        shared,
        """select c.id from comments c join comments p on p.id = c.parent_id
           where c.depth <> p.depth + 1 or c.subject_id <> p.subject_id or c.root_id <> coalesce(p.root_id, p.id)
              or c.path not like p.path || '.%'""",
    )
    assert wrong == []


async def test_nobody_answered_an_event_beyond_its_seats(shared: Client) -> None:
    assert await rows(shared, "select id from events where going_count + guest_count > capacity") == []
    assert (
        await rows(shared, "select r.id from rsvps r join events e on e.id = r.event_id where r.guests > e.max_guests")
        == []
    )


async def test_the_community_goes_on_living(shared: Client) -> None:
    """Open places of the story take what their people write."""
    data = await shared.data(
        "{ posts(first: 100) { nodes { id } } threads(filter: {archived: false}) { nodes { id } } }"
    )
    subjects = [one["id"] for nouns in data.values() for one in nouns["nodes"]]
    payloads = await asyncio.gather(
        *(attempt(shared, "addComment", "ines", subjectId=one, body="Hi.") for one in subjects)
    )
    assert [payload["errors"] for payload in payloads] == [[]] * len(subjects)


_told: dict[date, Any] = {}


async def test_both_databases_tell_the_same_story(shared: Client) -> None:
    """Each form puts its answer here and is held to the other's."""
    data = await shared.data("""{ clubs { nodes { id slug members(first: 50) { nodes { id role user { handle } } }
        events(first: 50) { nodes { id slug startsAt endsAt rsvps(first: 50) { nodes { id status guests at
            user { handle bio { html } } } } } } } }
        posts(first: 1, after: null) { nodes { body { html excerpt } authors { handle } } }
        categories { id slug archive { banner successor { __typename } } }
        threads(first: 50, filter: {archived: true}, sort: OLDEST) { nodes { id slug tags createdAt
            comments(first: 50, rootOnly: false) { nodes { id number depth createdAt body { html excerpt }
                author { handle } reactions { kind count } } } } } }""")
    assert _told.setdefault(now().date(), data) == data
