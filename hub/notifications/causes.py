"""What people are told of, before it is anybody's entry."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Cause:
    """What happened: of what kind, to what, by whom; None for the house itself.

    `ref_id` is what did it, such as the comment: one fact is told to a person once. `gathered`: whoever is told
    follows so that it need not come at once.
    """

    kind: str
    target_kind: str
    target_id: int
    actor_id: int | None
    ref_id: int
    gathered: bool = False

    def gather(self) -> "Cause":
        return replace(self, gathered=True)

    @property
    def group_key(self) -> str:
        return f"{self.kind}:{self.target_kind}:{self.target_id}"
