"""What a test sets up and looks at: services with their callback address, users, and the messages so far."""

from __future__ import annotations

from typing import Any, Final

from chatsim.apis.kobil.state import Kobil, Media, Message, Service, User
from chatsim.core.api import Call, Collection
from chatsim.core.clock import rfc3339
from chatsim.core.schemas import refused
from chatsim.core.targets import malformed


def put_service(state: Kobil, call: Call) -> tuple[bool, Any]:
    """Make a service, or give it another callback address.

    Raises:
        Invalid: nothing can be posted there.
    """
    name = call.params["service_uuid"]
    url = call.body.get("callback_url")
    if url is not None and (problem := malformed(url)):
        raise refused("/callback_url", problem)
    created = name not in state.services
    service = state.add_service(name)
    if "callback_url" in call.body:
        service.callback_url = call.body["callback_url"]
    return created, _service(service)


def get_service(state: Kobil, call: Call) -> Any:
    """Show a service."""
    service = state.services.get(call.params["service_uuid"])
    return None if service is None else _service(service)


def delete_service(state: Kobil, call: Call) -> bool:
    """Forget a service; its messages stay."""
    return state.services.pop(call.params["service_uuid"], None) is not None


def list_services(state: Kobil, call: Call) -> list[Any]:
    """Show all services."""
    return [_service(service) for service in state.services.values()]


def put_user(state: Kobil, call: Call) -> tuple[bool, Any]:
    """Make a user, or make a user known to one tenant more."""
    name = call.params["user_id"]
    created = state.user(name) is None
    return created, _user(state.add_user(name, call.body["tenant"]))


def get_user(state: Kobil, call: Call) -> Any:
    """Show a user."""
    user = state.user(call.params["user_id"])
    return None if user is None else _user(user)


def delete_user(state: Kobil, call: Call) -> bool:
    """Forget a user; the messages stay."""
    return state.users.pop(call.params["user_id"].casefold(), None) is not None


def list_users(state: Kobil, call: Call) -> list[Any]:
    """Show all users."""
    return [_user(user) for user in state.users.values()]


def list_messages(state: Kobil, call: Call) -> list[Any]:
    """Show the messages of both directions, oldest first, those of a user or a service if asked so."""
    wanted = dict(call.query)
    user, service = wanted.get("user"), wanted.get("service")
    return [
        show(state, message)
        for message in state.messages.values()
        if (user is None or message.user.casefold() == user.casefold()) and service in (None, message.service)
    ]


def show(state: Kobil, message: Message) -> dict[str, Any]:
    """A message as the control interface shows it."""
    media = state.media.get(message.media or "")
    return {
        "message_id": message.id,
        "at": rfc3339(message.at),
        "direction": message.direction,
        "type": message.type,
        "tenant": message.tenant,
        "service": message.service,
        "user": message.user,
        "conversation_id": message.conversation,
        "instance_id": message.instance_id,
        "text": message.text,
        "content": message.content or None,
        "media": None if media is None else _media(media),
        "answers": message.answers,
        "answered": message.answered,
    }


def _media(media: Media) -> dict[str, Any]:
    return {
        "media_id": media.id,
        "file_name": media.file_name,
        "content_type": media.content_type,
        "size": media.blob.size,
        "sha256": media.blob.sha256,
    }


def _service(service: Service) -> dict[str, Any]:
    return {"service": service.id, "callback_url": service.callback_url}


def _user(user: User) -> dict[str, Any]:
    return {"user": user.id, "tenant": user.tenants[0], "tenants": user.tenants}


COLLECTIONS: Final = (
    Collection(
        path="services/{service_uuid}",
        title="Chat services and the address that their callbacks go to",
        schema="sim-services",
        put=put_service,
        get=get_service,
        delete=delete_service,
        list=list_services,
    ),
    Collection(
        path="users/{user_id}",
        title="People with the SuperApp, by user name or e-mail address",
        schema="sim-users",
        put=put_user,
        get=get_user,
        delete=delete_user,
        list=list_users,
    ),
    Collection(
        path="messages",
        title="Messages of both directions",
        list=list_messages,
        filters=("user", "service"),
    ),
)
