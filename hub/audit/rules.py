from hub.store.audience import Standing


def visible_entries(standing: Standing) -> str:
    return "true" if standing is Standing.ADMIN else "false"
