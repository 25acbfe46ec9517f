from hub.store.tables import Derived, Table
from hub.subjects.models import SubjectRow
from hub.subjects.rules import visible_subjects

FROZEN = "({t}.frozen_at is not null and {t}.frozen_at <= {now})"
_CLOSED = "({t}.closes_at is not null and {t}.closes_at <= {now})"

# Whether one may write, in one word for `ensure_open`.
TALK = (
    f"case when {FROZEN} then 'ARCHIVED' when {_CLOSED} then 'CLOSED'"
    " when {t}.mode = 'LOCKED' then 'LOCKED' else 'OPEN' end"
)

subjects = Table(
    SubjectRow,
    "",
    visible=visible_subjects,
    derived={
        "is_frozen": Derived(FROZEN, "bool"),
        "is_closed": Derived(_CLOSED, "bool"),
        "talk": Derived(TALK, "text"),
        "effective_mode": Derived(
            f"case when {FROZEN} then 'ARCHIVED' when {_CLOSED} then 'LOCKED' else {{t}}.mode end", "text"
        ),
        # Read with the subject's row, so never later than a page of comments below it: a repeat, not a gap.
        "stream_epoch": Derived("(select st.epoch from streams st where st.id = {t}.id)", "id", null=True),
        "stream_seq": Derived("(select st.last_seq from streams st where st.id = {t}.id)", "id", null=True),
    },
)
