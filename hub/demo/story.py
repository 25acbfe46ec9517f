"""The whole story, put together. Posts and threads stand in the order in which a reader should meet them."""

from hub.demo.clubs import CLUBS
from hub.demo.events import cascadia, first_ride, lone_star, nebraska, spree_isar
from hub.demo.forum import hub_talk, on_the_road, parking_lot, range_and_charging, workshop
from hub.demo.forum.old_categories import BANNER, CATEGORIES, FROZEN_AT
from hub.demo.people import PEOPLE
from hub.demo.posts.calls import CALLS
from hub.demo.posts.charge_next import CHARGE_NEXT
from hub.demo.posts.club_events import CLUB_EVENTS
from hub.demo.posts.disaster_relief import DISASTER_RELIEF
from hub.demo.posts.her_first_ride import HER_FIRST_RIDE
from hub.demo.posts.nebraska import NEBRASKA
from hub.demo.posts.welcome import WELCOME
from hub.demo.shapes import Forum, Story

STORY = Story(
    people=PEOPLE,
    clubs=CLUBS,
    events=(
        *lone_star.EVENTS,
        *nebraska.EVENTS,
        *cascadia.EVENTS,
        *spree_isar.EVENTS,
        *first_ride.EVENTS,
    ),
    posts=(WELCOME, DISASTER_RELIEF, NEBRASKA, HER_FIRST_RIDE, CLUB_EVENTS, CHARGE_NEXT, *CALLS),
    old_forum=Forum(
        frozen_at=FROZEN_AT,
        banner=BANNER,
        categories=CATEGORIES,
        threads=(
            *range_and_charging.THREADS,
            *on_the_road.THREADS,
            *workshop.THREADS,
            *parking_lot.THREADS,
        ),
    ),
    hub_talk=Forum(categories=(hub_talk.CATEGORY,), threads=hub_talk.THREADS),
)
