from hub.store.audience import Standing


def visible_jobs(standing: Standing) -> str:
    """Admins only: arguments name people."""
    return "true" if standing is Standing.ADMIN else "false"
