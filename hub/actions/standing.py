"""How actions stand, told on their streams.

A state follows the clock, the tally and the post, so nobody who writes knows when it changes: it is compared with the
one that was told last, and whoever marks the new one tells it. What ended begins anew when it is saved, which marks it
as well, or when its post does, which is looked at once a minute: there are ever more of those.
"""

from collections.abc import Callable

from hub.actions.notices import ACTION_STATE
from hub.actions.rules import ENDED
from hub.actions.tables import actions
from hub.live import log
from hub.store.audience import Standing
from hub.store.chain import Chain, Step
from hub.store.database import Database

_MOST = 100
_UNDER_WAY = f"told.told_state not in {ENDED}"


def _strayed(which: str) -> str:
    return f"""select * from (select t.id, told.told_state, {actions.expression("state", Standing.ANONYMOUS)} as state
        from actions t join action_tallies told on told.id = t.id where {which}) strayed
        where state <> told_state limit {{as_int most}}"""


_STRAYED, _STRAYED_UNDER_WAY = _strayed("true"), _strayed(_UNDER_WAY)
_TELL_STATE = Chain(
    (
        Step(
            "taken",
            """update action_tallies set told_state = {as_text state}
               where id = {as_id stream} and told_state <> {as_text state} returning id""",
        ),
        *log.TELL,
    ),
    answer="taken",
    records={"facts": log.FACTS},
)


async def tell_states(database: Database, wake: Callable[[int], None] | None = None, *, ended: bool = False) -> int:
    """Tell of the actions that stand otherwise than was told, at most 100; gives how many. With `ended` also of those
    that were over."""
    told = 0
    for row in await database.fetch(_STRAYED if ended else _STRAYED_UNDER_WAY, {"most": _MOST}):
        given = {"stream": row["id"], "state": row["state"], "facts": log.facts(ACTION_STATE, row["id"])}
        if await _TELL_STATE.run(database, given):
            told += 1
            if wake is not None:
                wake(row["id"])
    return told
