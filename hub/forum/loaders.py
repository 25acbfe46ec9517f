from typing import Literal

from hub.forum.tables import categories, threads
from hub.store.loaders import Loader

Sort = Literal["ACTIVE", "NEWEST", "OLDEST", "MOST_COMMENTED"]

_LISTED = "{over}.kind = 'THREAD' and {over}.visibility <> 'UNLISTED'"
_ORDERS: dict[Sort, tuple[str, ...]] = {
    "ACTIVE": ("-last_activity_at", "-id"),
    "NEWEST": ("-created_at", "-id"),
    "OLDEST": ("created_at", "id"),
    "MOST_COMMENTED": ("-comment_count", "-id"),
}
_FILTERS = {
    "archived": "({over}.frozen_at is not null and {over}.frozen_at <= {now}) = {as_bool arg_archived}",
    "author_id": "{over}.author_id = {as_id arg_author_id}",
    "category_id": "{over}.category_id = {as_id arg_category_id}",
    "club_id": "{over}.club_id = {as_id arg_club_id}",
    "updated_since": "{over}.last_activity_at >= {as_instant arg_updated_since}",
}


def _sorted(key: str | None) -> dict[Sort, Loader]:
    return {
        sort: Loader(threads, key, many=True, where=_LISTED, order=order, args=_FILTERS)
        for sort, order in _ORDERS.items()
    }


category_by_id = Loader(categories, "id")
category_by_slug = Loader(categories, "slug")
categories_in_order = Loader(categories, None, many=True, order=("position", "id"))

thread_by_id = Loader(threads, "id")
thread_by_slug = Loader(threads, "slug")
threads_by_sort = _sorted(None)
threads_of_category_by_sort = _sorted("category_id")
threads_of_club = _sorted("club_id")["ACTIVE"]
threads_of_user = _sorted("author_id")["NEWEST"]
