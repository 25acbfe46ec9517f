"""What is followed: a subject, and positions in its stream for readers to begin at."""

from dataclasses import dataclass
from typing import Any

from tests.bench.fanout.community import SLUG
from tests.bench.fanout.documents import CATEGORIES, CHANGES, POST, THREAD
from tests.bench.fanout.serving import Process
from tests.bench.fanout.writing import Writers


@dataclass(frozen=True)
class Followed:
    id: str
    positions: list[tuple[str | None, int]]

    def by(self, count: int) -> dict[str, Any]:
        return {"id": self.id, "positions": self.positions, "count": count}


async def the_post(server: Process) -> Followed:
    """As it stands: one position, its end."""
    post = (await server.ask(POST, slug=SLUG, last=1))["post"]
    nodes = post["comments"]["nodes"]
    return Followed(post["id"], [(post["liveCursor"], nodes[-1]["number"] if nodes else 0)])


async def spread_over(server: Process, writers: Writers, end: Followed, comments: int) -> Followed:
    """So many comments are written, one after the other, and each of them is a position."""
    positions = list(end.positions)
    for _ in range(comments):
        await writers.write(end.id)
    more = True
    while more:
        page = (await server.ask(CHANGES, slug=SLUG, a=positions[-1][0]))["post"]["changes"]
        positions += [(change["cursor"], change["comment"]["number"]) for change in page["changes"] if change]
        more = page["hasMore"]
    return Followed(end.id, positions)


async def others(server: Process, token: str, count: int) -> list[Followed]:
    """New threads beside."""
    categories = [category["id"] for category in (await server.ask(CATEGORIES))["categories"]]
    made: list[Followed] = []
    while len(made) < count:
        asked = {"c": categories[0], "t": f"Beside {len(made)}", "k": f"beside-{len(made)}"}
        answer = (await server.ask(THREAD, token, **asked))["createThread"]
        if answer["errors"]:
            assert categories.pop(0), answer  # a frozen one takes no threads
            continue
        made.append(Followed(answer["thread"]["id"], [(answer["thread"]["liveCursor"], 0)]))
    return made
