"""Who acts when a trigger plays the SuperApp user: tenant, service and user, and where the callback goes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from chatsim.apis.kobil.ids import conversation_id
from chatsim.apis.kobil.state import Kobil, Message
from chatsim.core.api import Call
from chatsim.core.errors import Conflict, NotFound
from chatsim.core.schemas import refused


class Party(msgspec.Struct, frozen=True):
    """The user of a tenant, and the service that is talked to."""

    tenant: str
    service: str
    user: str

    @property
    def conversation(self) -> str:
        """The conversation of the two."""
        return conversation_id(self.tenant, self.service, self.user)


def find(state: Kobil, call: Call) -> Party:
    """The party that a trigger's body names. What it leaves out must be the only one there is.

    Raises Invalid where several are possible or none is known, NotFound for a stranger where accounts are listed.
    """
    body: dict[str, Any] = call.body
    named = _named(state, body)
    if named is not None and (named.conversation in state.conversations or call.world.open_accounts):
        return named  # nobody has to be looked for, which takes milliseconds with thousands of conversations
    talking = {
        (m.tenant, m.service, m.user)
        for m in (state.messages[names[-1]] for names in state.conversations.values())
        if body.get("tenant", m.tenant) == m.tenant
        and body.get("service", m.service) == m.service
        and body.get("user", m.user).casefold() == m.user.casefold()
    }
    if len(talking) == 1:
        return Party(*talking.pop())
    users = [user for user in state.users.values() if body.get("user", user.id).casefold() == user.id.casefold()]
    # Somebody new may be of any tenant there is.
    tenants = {tenant for user in users or state.users.values() for tenant in user.tenants}
    tenant = _only(body.get("tenant"), tenants, "tenant")
    user = _only(body.get("user"), {user.id for user in users if tenant in user.tenants}, "user")
    service = _only(body.get("service"), state.services, "service")
    known = state.user(user)
    if not call.world.open_accounts:
        if service not in state.services:
            raise NotFound(f"there is no service {service!r}; PUT …/kobil/services/{service} makes one")
        if known is None or tenant not in known.tenants:
            raise NotFound(f"tenant {tenant!r} has no user {user!r}; PUT …/kobil/users/{user} makes one")
    return Party(tenant, service, user if known is None else known.id)


def _named(state: Kobil, body: dict[str, Any]) -> Party | None:
    """The party that a body names in full; its user as first written."""
    if not body.keys() >= {"tenant", "service", "user"}:
        return None
    known = state.user(body["user"])
    return Party(body["tenant"], body["service"], body["user"] if known is None else known.id)


def enter(state: Kobil, party: Party) -> None:
    """Make the party known, now that its action is certain to succeed."""
    state.add_user(party.user, party.tenant)
    state.add_service(party.service)


def of(message: Message) -> Party:
    """The party of a message."""
    return Party(message.tenant, message.service, message.user)


def callback_url(state: Kobil, call: Call, service: str) -> str:
    """Where callbacks of this service go: its own address, its setting, or that of all services.

    Raises Conflict where none is registered.
    """
    known = state.services.get(service)
    url = (
        (known.callback_url if known is not None else None)
        or call.setting(f"kobil.services.{service}.callback_url")
        or call.setting("kobil.callback_url")
    )
    if not url:
        raise Conflict(
            f"service {service!r} has no callback URL; send "
            f"PUT /_sim/worlds/{call.world.name}/kobil/services/{service} "
            '{"callback_url": "http://127.0.0.1:3000/callback"}, or start with --set kobil.callback_url=…'
        )
    return str(url)


def _only(given: str | None, possible: Collection[str], what: str) -> str:
    if given is not None:
        return given
    if len(possible) == 1:
        return next(iter(possible))
    if not possible:
        raise refused("", f'no {what} is known yet; name one: {{"{what}": …}}')
    raise refused("", f"several are possible, say which {what}: {', '.join(sorted(possible))}")
