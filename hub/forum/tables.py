from hub.forum.models import CategoryRow, ThreadRow
from hub.store.tables import Derived, Table
from hub.subjects.tables import FROZEN, subjects

categories = Table(CategoryRow, "Category", derived={"is_frozen": Derived(FROZEN, "bool")})
threads = Table(ThreadRow, "Thread", over=subjects)
