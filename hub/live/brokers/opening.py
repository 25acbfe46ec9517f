from hub.live.brokers.broker import Broker
from hub.live.brokers.memory import MemoryBroker
from hub.live.brokers.postgres import PostgresBroker
from hub.live.brokers.redis import RedisBroker
from hub.settings import Settings


def open_broker(settings: Settings) -> Broker:
    """The broker that `HUB_BROKER_URL` names."""
    if not settings.broker_url:
        return MemoryBroker()
    if settings.broker_url == "postgres":
        return PostgresBroker(settings)
    return RedisBroker(settings.broker_url, settings.broker_prefix)
