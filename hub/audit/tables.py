from hub.audit.models import AuditRow
from hub.audit.rules import visible_entries
from hub.store.tables import Table

audit_log = Table(AuditRow, "AuditLogEntry", visible=visible_entries)
