"""Writes the story: once. Times count from today's beginning in UTC and ids from 1, so that two databases loaded on
one day hold the same."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from hub.archive.planting import Freeze, PlantedComment, PlantedSubject, plant
from hub.clubs.tables import clubs, memberships
from hub.comments.tables import reactions
from hub.demo.acting import rows_of
from hub.demo.shapes import Comment, Event, Forum, Post, Response, Story, Thread, Update, When
from hub.events.tables import event_hosts, events, rsvps
from hub.forum.tables import categories, threads
from hub.live.log import new_epoch
from hub.live.tables import streams
from hub.posts.tables import post_authors, post_clubs, post_responses, post_updates, posts, topics
from hub.store.bulk import insert_rows
from hub.store.database import Database, Transaction
from hub.store.instants import now, whole
from hub.text.markdown import render
from hub.text.plain import slug_of
from hub.users.handles import handle_key
from hub.users.tables import accounts, users

_BEFORE_ALL = datetime.fromisoformat("2014-03-01T12:00:00+00:00")


async def load(database: Database, story: Story) -> bool:
    """Write the story in one transaction; False when the database has its first person already."""
    first = handle_key(story.people[0].handle)
    if await database.fetch("select id from users where handle_key = :key", {"key": first}):
        return False
    await database.transact(lambda transaction: _Writer(transaction, story).write())
    return True


class _Writer:
    def __init__(self, transaction: Transaction, story: Story) -> None:
        self._transaction = transaction
        self._story = story
        self._ids = count(1)
        self._now = now().replace(hour=0, minute=0, second=0, microsecond=0)
        self._people = {person.handle: self._id() for person in story.people}
        self._clubs = {club.slug: self._id() for club in story.clubs}
        self._posts = {post.slug: self._id() for post in story.posts}
        self._staff = {person.handle for person in story.people if person.role != "MEMBER"}

    def _id(self) -> int:
        return next(self._ids)

    async def write(self) -> None:
        await self._write_people()
        await self._write_clubs()
        position = 0
        for forum in (self._story.hub_talk, self._story.old_forum):
            await self._write_forum(forum, position)
            position += len(forum.categories)
        await self._write_events()
        await self._write_posts()
        await self._write_actions()

    async def _insert(self, table: Any, rows: list[dict[str, Any]]) -> None:
        await insert_rows(self._transaction, table, rows)

    async def _write_people(self) -> None:
        rows = [
            {
                "id": self._people[person.handle],
                "handle": person.handle,
                "handle_key": handle_key(person.handle),
                "display_name": person.display_name,
                **(_body(person.bio) if person.bio else _NO_BODY),
                "role": person.role,
                "joined_at": _BEFORE_ALL,
            }
            for person in self._story.people
        ]
        await self._insert(users, rows)
        await self._insert(accounts, [{"id": row["id"]} for row in rows])
        await self._insert(streams, [{"id": row["id"], "epoch": new_epoch()} for row in rows])

    async def _write_clubs(self) -> None:
        for club in self._story.clubs:
            row = {
                "id": self._clubs[club.slug],
                "slug": club.slug,
                "name": club.name,
                **_body(club.about),
                "region": club.region,
                "join_policy": club.join_policy,
                "member_count": len(club.members),
                "owner_count": sum(role == "OWNER" for _, role in club.members),
                "created_at": _BEFORE_ALL,
            }
            await self._insert(clubs, [row])
            members = [
                {
                    "id": self._id(),
                    "club_id": row["id"],
                    "user_id": self._people[handle],
                    "role": role,
                    "since": _BEFORE_ALL + timedelta(days=days),
                }
                for days, (handle, role) in enumerate(club.members)
            ]
            await self._insert(memberships, members)

    async def _write_forum(self, forum: Forum, position: int) -> None:
        ids = {category.slug: self._id() for category in forum.categories}
        rows = [
            {
                "id": ids[category.slug],
                "slug": category.slug,
                "name": category.name,
                "description": category.description,
                "position": position + place,
                "thread_count": sum(thread.category == category.slug for thread in forum.threads),
                "frozen_at": forum.frozen_at,
                "freeze_reason": _REASON if forum.frozen_at else None,
                "banner": forum.banner,
            }
            for place, category in enumerate(forum.categories)
        ]
        await self._insert(categories, rows)
        for thread in forum.threads:
            await self._write_thread(thread, ids[thread.category], forum)

    async def _write_thread(self, thread: Thread, category_id: int, forum: Forum) -> None:
        freeze = None
        if forum.frozen_at is not None:
            freeze = Freeze(at=forum.frozen_at, reason=_REASON, banner=forum.banner, successor=self._successor(thread))
        author = self._people[thread.author]
        subject = self._subject(
            "THREAD", author, thread.created, thread.comments, category_id=category_id, freeze=freeze
        )
        await self._plant(subject, thread.comments)
        row = {
            "id": subject.id,
            "slug": thread.slug,
            "title": thread.title,
            **_body(thread.body),
            "tags": list(thread.tags),
            "view_count": thread.views,
        }
        await self._insert(threads, [row])

    def _successor(self, thread: Thread) -> tuple[str, int] | None:
        if thread.successor is None:
            return None
        ids = self._posts if thread.successor.kind == "POST" else self._clubs
        return thread.successor.kind, ids[thread.successor.slug]

    async def _write_events(self) -> None:
        for event in self._story.events:
            author = self._people[event.hosts[0]]
            club_id = self._clubs[event.club]
            subject = self._subject("EVENT", author, event.announced, event.comments, club_id=club_id)
            await self._plant(subject, event.comments)
            await self._insert(events, [self._event_row(event, subject.id, club_id)])
            await self._insert(event_hosts, self._links("event_id", subject.id, event.hosts))
            answers = [
                {
                    "id": self._id(),
                    "event_id": subject.id,
                    "user_id": self._people[rsvp.handle],
                    "status": rsvp.answer,
                    "guests": rsvp.guests,
                    "at": subject.created_at + timedelta(hours=hours),
                    "updated_at": subject.created_at + timedelta(hours=hours),
                }
                for hours, rsvp in enumerate(event.rsvps, 1)
            ]
            await self._insert(rsvps, answers)

    def _event_row(self, event: Event, event_id: int, club_id: int) -> dict[str, Any]:
        starts = self._start(event)
        going = [rsvp for rsvp in event.rsvps if rsvp.answer == "GOING"]
        place = event.place
        return {
            "id": event_id,
            "slug": event.slug,
            "club_id": club_id,
            "title": event.title,
            **_body(event.body),
            "starts_at": starts,
            "ends_at": starts + event.lasts,
            "time_zone": event.time_zone,
            "status": "CONFIRMED" if starts + event.lasts > self._now else "ENDED",
            "attendance": event.attendance,
            "place_name": place.name if place else None,
            "place_locality": place.locality if place else None,
            "place_region": place.region if place else None,
            "place_country": place.country if place else None,
            "capacity": event.capacity,
            "max_guests": event.max_guests,
            "going_count": len(going),
            "guest_count": sum(rsvp.guests for rsvp in going),
            "maybe_count": sum(rsvp.answer == "MAYBE" for rsvp in event.rsvps),
            "declined_count": sum(rsvp.answer == "DECLINED" for rsvp in event.rsvps),
        }

    def _start(self, event: Event) -> datetime:
        zone = ZoneInfo(event.time_zone)
        day = self._now.astimezone(zone).date() + timedelta(days=event.days)
        return whole(datetime.combine(day, time(event.hour, event.minute), zone))

    async def _write_posts(self) -> None:
        named = dict.fromkeys(post.topic for post in self._story.posts if post.topic is not None)
        self._topics = {name: self._id() for name in named}
        rows = [{"id": row_id, "slug": slug_of(name), "name": name} for name, row_id in self._topics.items()]
        await self._insert(topics, rows)
        for post in self._story.posts:
            author = self._people[post.authors[0]]
            subject = self._subject("POST", author, post.published, post.comments, id=self._posts[post.slug])
            await self._plant(subject, post.comments)
            await self._insert(posts, [self._post_row(post, subject)])
            await self._insert(post_authors, self._links("post_id", subject.id, post.authors))
            addressed = [
                {
                    "id": self._id(),
                    "post_id": subject.id,
                    "club_id": self._clubs[slug],
                    "position": position,
                    "listed_at": subject.created_at,
                }
                for position, slug in enumerate(post.clubs)
            ]
            await self._insert(post_clubs, addressed)
            await self._insert(post_updates, [self._update_row(one, subject) for one in post.updates])
            await self._insert(post_responses, [self._response_row(one, subject) for one in post.responses])

    async def _write_actions(self) -> None:
        for post in self._story.posts:
            if post.action is None:
                continue
            begun = post.published if isinstance(post.published, datetime) else self._now - post.published
            for table, rows in rows_of(post.action, self._posts[post.slug], begun, self._now, self._people, self._id):
                await self._insert(table, rows)

    def _post_row(self, post: Post, subject: PlantedSubject) -> dict[str, Any]:
        return {
            "id": subject.id,
            "slug": post.slug,
            "kind": post.kind,
            "status": "PUBLISHED",
            "title": post.title,
            "summary": post.summary,
            **_body(post.body.replace("{events}", self._coming_events())),
            "tags": list(post.tags),
            "topic_id": self._topics[post.topic] if post.topic is not None else None,
            "regions": list(post.regions),
            "published_at": subject.created_at,
            "listed_at": subject.created_at,
            "pinned": post.pinned,
            "prominence": int(post.pinned),
        }

    def _update_row(self, update: Update, subject: PlantedSubject) -> dict[str, Any]:
        return {
            "id": self._id(),
            "post_id": subject.id,
            "author_id": self._people[update.author],
            **_body(update.body),
            "published_at": subject.created_at + timedelta(days=update.days_after),
        }

    def _response_row(self, response: Response, subject: PlantedSubject) -> dict[str, Any]:
        return {
            "id": self._id(),
            "post_id": subject.id,
            "sender": response.sender,
            "outcome": response.outcome,
            **_body(response.body),
            "published_at": subject.created_at + timedelta(days=response.days_after),
        }

    def _coming_events(self) -> str:
        coming = sorted((self._start(event), event) for event in self._story.events if event.days > 0)
        return "\n".join(f"- **{event.title}**, {starts:%A, %B} {starts.day}" for starts, event in coming)

    def _subject(self, kind: str, author: int, begun: When, talk: tuple[Comment, ...], **more: Any) -> PlantedSubject:
        created = begun if isinstance(begun, datetime) else self._now - begun
        more.setdefault("id", self._id())
        return PlantedSubject(
            kind=kind, author_id=author, created_at=created, comments=self._tree(talk, created), **more
        )

    def _tree(self, talk: tuple[Comment, ...], begun: datetime) -> list[PlantedComment]:
        """All comments in the order of their times, numbered; a reply is never earlier than what it answers."""
        flat = sorted(_flat(talk, begun, None), key=lambda said: said[0])
        numbers = {id(comment): number for number, (_, comment, _) in enumerate(flat, 1)}
        return [
            PlantedComment(
                id=self._id(),
                number=numbers[id(comment)],
                parent=numbers[id(above)] if above else None,
                author_id=self._people[comment.author],
                text=render(comment.body),
                created_at=at,
                likes=len(comment.likes),
                by_staff=comment.author in self._staff,
            )
            for at, comment, above in flat
        ]

    async def _plant(self, subject: PlantedSubject, talk: tuple[Comment, ...]) -> None:
        await plant(self._transaction, [subject])
        flat = sorted(_flat(talk, subject.created_at, None), key=lambda said: said[0])
        liked = [
            {"id": self._id(), "target_id": planted.id, "user_id": self._people[handle], "kind": "like", "at": at}
            for planted, (at, comment, _) in zip(subject.comments, flat, strict=True)
            for handle in comment.likes
        ]
        await self._insert(reactions, liked)

    def _links(self, key: str, row_id: int, handles: tuple[str, ...]) -> list[dict[str, Any]]:
        return [
            {"id": self._id(), key: row_id, "user_id": self._people[handle], "position": position}
            for position, handle in enumerate(handles)
        ]


_REASON = "The forum was closed: talk goes on in the hub."
_NO_BODY = {"body_source": None, "body_html": None, "body_excerpt": None}


def _body(source: str) -> dict[str, str]:
    text = render(source)
    return {"body_source": text.source, "body_html": text.html, "body_excerpt": text.excerpt}


def _flat(
    talk: tuple[Comment, ...], begun: datetime, above: Comment | None
) -> Iterator[tuple[datetime, Comment, Comment | None]]:
    for comment in talk:
        at = begun + timedelta(minutes=comment.minutes_after)
        yield at, comment, above
        yield from _flat(comment.replies, at, comment)
