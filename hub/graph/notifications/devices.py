"""Browsers that take push messages for the viewer."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import strawberry

from hub.graph.context import Info
from hub.graph.fields import column, computed, global_id
from hub.graph.ids import row_id
from hub.graph.payloads import IdInput, Payload, answer, mutation_id
from hub.graph.scalars import URL
from hub.notifications.devices import register_device, remove_device
from hub.notifications.loaders import device_by_id


def _service(endpoint: str) -> str:
    return urlsplit(endpoint).netloc


@strawberry.type(description="A browser that takes push messages for a person; shown to that person alone.")
class PushDevice:
    id: strawberry.ID = global_id("PushDevice")
    service: str = computed(
        _service, "endpoint", description="Host of the browser's push service, e.g. `fcm.googleapis.com`."
    )
    registered_at: datetime = column("at", description="When it was registered last.")


@strawberry.input(description="The keys that a browser made, as `PushSubscription.toJSON().keys` has them.")
class PushKeysInput:
    p256dh: str = strawberry.field(description="Public key, a point of P-256 as base64url.")
    auth: str = strawberry.field(description="Secret of 16 bytes as base64url.")


@strawberry.input(description="A browser that subscribed with `status { pushKey }`: its `PushSubscription.toJSON()`.")
class RegisterPushDeviceInput:
    endpoint: URL = strawberry.field(
        description="`https` address at its push service, at most 1,000 characters, on port 443."
    )
    keys: PushKeysInput = strawberry.field(description="Its keys.")
    client_mutation_id: str | None = mutation_id()


@strawberry.type(description="A browser that takes push messages.")
class PushDevicePayload(Payload):
    device: PushDevice | None = strawberry.field(default=None, description="It; null on errors and once removed.")


@strawberry.type
class DeviceMutations:
    @strawberry.mutation(
        description="Push to this browser from now on what the viewer's notification rules say. The same endpoint is"
        " the same device, and whoever registered it last has it; beyond `HUB_PUSH_DEVICES` the oldest one goes. CLOSED"
        " where nothing is pushed. From a person's own session only."
    )
    async def register_push_device(self, info: Info, input: RegisterPushDeviceInput) -> PushDevicePayload:
        async def work() -> dict[str, Any]:
            device_id = await register_device(
                info.context.backend,
                info.context.viewer,
                endpoint=input.endpoint,
                p256dh=input.keys.p256dh,
                auth=input.keys.auth,
            )
            return {"device": await info.context.reader.one(device_by_id, device_id)}

        return await answer(info, PushDevicePayload, input.client_mutation_id, work)

    @strawberry.mutation(
        description="Push nothing to this browser any more, before signing out of it for instance; `replayed` when that"
        " was so before. A browser that is gone is removed by itself. From a person's own session only."
    )
    async def remove_push_device(self, info: Info, input: IdInput) -> PushDevicePayload:
        async def work() -> dict[str, Any]:
            device_id = row_id(input.id, "PushDevice", "id")
            replayed = await remove_device(info.context.backend, info.context.viewer, device_id=device_id)
            return {"replayed": replayed}

        return await answer(info, PushDevicePayload, input.client_mutation_id, work)
