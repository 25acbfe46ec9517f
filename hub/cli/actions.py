"""`hub recount`: tallies of actions, made anew from the participations."""

import asyncio

from hub.actions.tallying import Recounted, recount_all
from hub.settings import settings
from hub.store.database import Database


def recount() -> None:
    for one in asyncio.run(_recount()):
        print(one.action_id, one.before, one.after, sep="\t")


async def _recount() -> list[Recounted]:
    database = await Database.open(settings())
    try:
        return await recount_all(database)
    finally:
        await database.close()
