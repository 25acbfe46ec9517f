"""Places in the shifts of volunteers: taken with the participation, never more than there are, and given back."""

from collections.abc import Sequence
from typing import Any

from hub.actions.reading import Asking
from hub.refusals import CapacityRefusal, ErrorCode, Refusal
from hub.store.chain import Step
from hub.store.instants import now
from hub.store.tables import Row

# Whoever gives back a place holds the participation already, and with it no other takes the same.
FREED = Step(
    "freed",
    """update action_shifts set booked = booked - gone.number
       from (select shift_id, count(*) as number from taken where shift_id is not null group by shift_id) gone
       where action_shifts.id = gone.shift_id returning action_shifts.id""",
)


def shift_of(asked: Asking, key: str | None) -> Row | None:
    """The one that is meant; None where the action has none."""
    if not asked.shifts:
        if key is not None:
            raise Refusal(ErrorCode.INVALID, "There are no shifts here: leave the shift out.", "shift")
        return None
    if key is None:
        raise Refusal(ErrorCode.REQUIRED, "Say in which shift you help.", "shift")
    found = next((shift for shift in asked.shifts if shift["key"] == key), None)
    if found is None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such shift: give the key of one that is listed.", "shift")
    if found["ends_at"] <= now():
        raise Refusal(ErrorCode.CLOSED, "This shift is over: choose another one.", "shift")
    return found


def is_full(asked: Asking, shift_id: int | None) -> bool:
    return any(shift["id"] == shift_id and not shift["places_left"] for shift in asked.shifts)


def ensure_room(asked: Asking, shift_id: int | None) -> None:
    if is_full(asked, shift_id):
        raise CapacityRefusal("This shift is full: choose another one.", "shift")


def ensure_nobody_left_out(before: Sequence[Row], values: dict[str, Any]) -> None:
    """Refuse to take away a shift to which somebody comes."""
    kept = {shift["key"] for shift in values["shifts"]}
    if any(shift["booked"] for shift in before if shift["key"] not in kept):
        raise Refusal(ErrorCode.INVALID, "Somebody comes to a shift that is left out: keep it.", "shifts")
