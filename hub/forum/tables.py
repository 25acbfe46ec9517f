from hub.forum.models import CategoryRow, ThreadRow
from hub.store.tables import Table
from hub.subjects.tables import subjects

categories = Table(CategoryRow, "Category")
threads = Table(ThreadRow, "Thread", over=subjects)
