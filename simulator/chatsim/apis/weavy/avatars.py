"""Pictures of users and conversations: initials on a colour, drawn from id and name alone."""

from html import escape
from typing import Final

from chatsim.apis.weavy.access import number
from chatsim.apis.weavy.state import Weavy
from chatsim.core.api import Call
from chatsim.core.errors import NotFound
from chatsim.core.http import Reply

SVG: Final = "image/svg+xml"
COLOURS: Final = ("#1565c0", "#2e7d32", "#6a1b9a", "#ad1457", "#00695c", "#4e342e", "#283593", "#9e2a2b")


def get_user_avatar(state: Weavy, call: Call) -> Reply:
    """A user's picture; open to everybody, because `<img>` sends no token."""
    user = state.users.get(number(call.params["id"]))
    if user is None:
        raise NotFound("there is no such user")
    return _picture(user.id, user.display_name)


def get_conversation_avatar(state: Weavy, call: Call) -> Reply:
    """A conversation's picture."""
    conversation = state.conversations.get(number(call.params["id"]))
    if conversation is None:
        raise NotFound("there is no such conversation")
    return _picture(conversation.id, conversation.name or "#")


def _picture(seed: int, name: str) -> Reply:
    initials = "".join(word[0] for word in name.split()[:2]).upper()
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96" viewBox="0 0 96 96">'
        f'<rect width="96" height="96" fill="{COLOURS[seed % len(COLOURS)]}"/>'
        '<text x="48" y="48" dy=".35em" text-anchor="middle" font-family="sans-serif" font-size="40" fill="#fff">'
        f"{escape(initials)}</text></svg>"
    )
    return Reply(body=svg.encode("utf-8", "replace"), content_type=SVG, headers={"Cache-Control": "max-age=60"})
