from hub.live.models import StreamRow
from hub.store.tables import Table

streams = Table(StreamRow, "")
