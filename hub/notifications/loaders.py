from hub.notifications.tables import UNREAD, all_follows, follows, notifications, push_devices
from hub.store.loaders import Loader

follow_by_id = Loader(follows, "id")
follows_of_user = Loader(follows, "user_id", many=True, order=("-since", "-id"))


def viewer_follow_of(kind: str) -> Loader:
    """By the id of what is followed."""
    return Loader(follows, "target_id", where=f"{{t}}.target_kind = '{kind}' and {{t}}.user_id = :viewer")


def followers_of(kind: str) -> Loader:
    """Of a thing, those who hear of all that is said there, at once or gathered."""
    return Loader(
        all_follows,
        "target_id",
        many=True,
        where=f"{{t}}.target_kind = '{kind}' and {{t}}.level in ('DIGEST', 'ALL')",
        order=("user_id",),
    )


notification_by_id = Loader(notifications, "id")
notifications_of_user = Loader(notifications, "user_id", many=True, order=("-position", "-id"))
unread_of_user = Loader(notifications, "user_id", many=True, where=UNREAD, order=("-position", "-id"))

device_by_id = Loader(push_devices, "id")
devices_of_user = Loader(push_devices, "user_id", many=True, order=("-id",))
