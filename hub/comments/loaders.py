from hub.comments.tables import comments, reaction_tallies
from hub.store.loaders import Loader
from hub.subjects.rules import listed

_ROOTS = {"root_only": "{t}.parent_id is null"}

comment_by_id = Loader(comments, "id")
comments_of_subject = Loader(comments, "subject_id", many=True, order=("number",), args=_ROOTS)
comments_of_subject_newest = Loader(comments, "subject_id", many=True, order=("-number",), args=_ROOTS)
replies_of_comment = Loader(comments, "parent_id", many=True, order=("number",))
replies_of_comment_newest = Loader(comments, "parent_id", many=True, order=("-number",))
comments_of_user = Loader(
    comments,
    "author_id",
    many=True,
    where=f"{{t}}.status = 'PUBLISHED' and {listed('{t}.subject_id')}",
    order=("-created_at", "-id"),
)
reaction_tallies_of_target = Loader(reaction_tallies, "target_id", many=True, where="{t}.count > 0", order=("kind",))
