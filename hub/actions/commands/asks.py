"""The first step of what people write about an action: whether it takes anybody, and as which version."""

from hub.actions.rules import TAKES
from hub.store.chain import Step
from hub.store.tables import fill

# Whoever takes part shares the action's row, as the foreign key has them do anyway: a change that must not pass by
# them takes it for itself.
ASKS = Step(
    "asks",
    "select a.id, a.version, a.consent_version from actions a where a.id = {as_id action} and "
    + fill(TAKES, "a")
    + " {key_share a}",
)
