from hub.audit.tables import audit_log
from hub.store.loaders import Loader

entry_by_id = Loader(audit_log, "id")
entries_newest = Loader(
    audit_log,
    None,
    many=True,
    order=("-at", "-id"),
    args={
        "actor_id": "{t}.actor_id = {as_id arg_actor_id}",
        "target_kind": "{t}.target_kind = {as_text arg_target_kind}",
        "target_id": "{t}.target_id = {as_id arg_target_id}",
        "action": "{t}.action = {as_text arg_action}",
        "since": "{t}.at >= {as_instant arg_since}",
        "until": "{t}.at < {as_instant arg_until}",
    },
)
