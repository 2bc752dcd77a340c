"""What a world begins with: services and users in the shapes of their PUT bodies, and messages sent before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chatsim.apis.kobil import contract, ids
from chatsim.apis.kobil.state import Kobil, Message
from chatsim.core.errors import Invalid
from chatsim.core.json import encode
from chatsim.core.targets import malformed

if TYPE_CHECKING:
    from chatsim.core.world import World


def begin(world: World, fixture: Mapping[str, Any], now: int) -> Kobil:
    """The state that a fixture describes. Raises Invalid for what no PUT or send would accept."""
    if unknown := sorted(fixture.keys() - {"services", "users", "messages"}):
        raise Invalid(f"a fixture of kobil has services, users and messages, not {', '.join(unknown)}")
    state = Kobil()
    for name, service in fixture.get("services", {}).items():
        _hold(world, "sim-services", service)
        url = service.get("callback_url")
        if url is not None and (problem := malformed(url)):
            raise Invalid(f"service {name}: callback_url: {problem}")
        state.add_service(name).callback_url = url
    for name, user in fixture.get("users", {}).items():
        _hold(world, "sim-users", user)
        state.add_user(name, user["tenant"])
    for sent in fixture.get("messages", ()):
        _send(state, world, now, **sent)
    return state


def _send(state: Kobil, world: World, now: int, *, tenant: str, user: str, message: Mapping[str, Any]) -> None:
    """Keep a message as if its service had sent it at `now`; it is answered by nobody and posts nothing."""
    kind = message.get("messageType")
    if kind not in contract.MESSAGES:
        raise Invalid(f"messageType {kind!r} cannot be sent; expected {', '.join(contract.MESSAGES)}")
    _hold(world, contract.MESSAGES[kind], message)
    state.add_service(message["serviceUuid"])
    state.add(
        Message(
            id=state.ids.next(now, world.ids.next_bytes("kobil-message", 4)),
            direction="to_user",
            type=kind,
            at=now,
            tenant=tenant,
            service=message["serviceUuid"],
            user=state.add_user(user, tenant).id,
            instance_id=message.get("instanceId") or ids.DEFAULT_INSTANCE_PREFIX + world.ids.uuid("kobil-instance"),
            text=message["messageContent"]["messageText"],
            raw=encode(message),
        )
    )


def _hold(world: World, name: str, body: Any) -> None:
    schema = world.simulator.schemas.get(f"kobil/{name}")
    if not schema.accepts(body):
        first = schema.explain(body)[0]
        raise Invalid(f"{schema.name}{first.pointer}: {first.message}")
