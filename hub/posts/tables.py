from hub.posts.models import (
    OfficialResponseRow,
    PostAuthorRow,
    PostClubRow,
    PostRevisionRow,
    PostRow,
    PostTranslationRow,
    PostUpdateRow,
    TopicRow,
)
from hub.posts.rules import visible_revisions
from hub.store.audience import Standing
from hub.store.tables import Derived, Table
from hub.subjects.tables import subjects

_OVER = "({over}.closes_at is not null and {over}.closes_at <= {now})"


def _viewer_locale(standing: Standing) -> str:
    known = "(select a.locale from accounts a where a.id = :viewer)"
    return known if standing.signed_in else "cast(null as text)"


posts = Table(
    PostRow,
    "Post",
    over=subjects,
    derived={
        # An end holds from its second on, in every process; the timer only writes down and tells what is so.
        "stage": Derived(
            f"case when {{t}}.status = 'PUBLISHED' and {_OVER} then 'CLOSED' else {{t}}.status end", "text"
        ),
        "is_ahead": Derived("({t}.publish_at is not null and {t}.publish_at > {now})", "bool"),
        "is_due": Derived("({t}.status = 'SCHEDULED' and {t}.publish_at <= {now})", "bool"),
        "is_over": Derived(f"({{t}}.status = 'PUBLISHED' and {_OVER})", "bool"),
    },
)
topics = Table(TopicRow, "Topic")
post_authors = Table(PostAuthorRow, "")
post_clubs = Table(PostClubRow, "")
post_translations = Table(
    PostTranslationRow,
    "PostTranslation",
    within={"post_id": subjects},
    derived={"viewer_locale": Derived(_viewer_locale, "text", null=True)},
)
post_updates = Table(PostUpdateRow, "PostUpdate", within={"post_id": subjects})
post_responses = Table(OfficialResponseRow, "OfficialResponse", within={"post_id": subjects})
post_revisions = Table(PostRevisionRow, "Revision", visible=visible_revisions, within={"post_id": subjects})
