from hub.posts.models import PostAuthorRow, PostClubRow, PostRow
from hub.store.tables import Table
from hub.subjects.tables import subjects

posts = Table(PostRow, "Post", over=subjects)
post_authors = Table(PostAuthorRow, "")
post_clubs = Table(PostClubRow, "")
