"""The table: the documented endpoints first, then what a real client needs around them."""

from typing import Final

from chatsim.apis.weavy import apps, avatars, conversations, members, messages, realtime, users
from chatsim.apis.weavy.access import key_only, user_only
from chatsim.core.api import BINARY, NOTHING, Route, Socket

CONVERSATIONS: Final = "/api/conversations"

DOCUMENTED: Final = (
    Route(
        method="POST", path=CONVERSATIONS, slash=True, operation=conversations.create_conversation,
        title="Create chat", body="create-conversation", replies={201: "conversation"}, authorize=user_only,
    ),
    Route(
        method="GET", path=CONVERSATIONS, slash=True, operation=conversations.list_conversations,
        title="List conversations", query="list-conversations-query", replies={200: "conversation-list"},
        authorize=user_only,
    ),
    Route(
        method="GET", path=f"{CONVERSATIONS}/badge", slash=True, operation=conversations.get_badge,
        title="Get unread conversations", replies={200: "badge"}, authorize=user_only,
    ),
    Route(
        method="GET", path=f"{CONVERSATIONS}/{{id}}", slash=True, operation=conversations.get_conversation,
        title="Get conversation", query="get-conversation-query", replies={200: "conversation"},
    ),
    Route(
        method="PUT", path=f"{CONVERSATIONS}/{{id}}/mark", slash=True, operation=conversations.mark_conversation,
        title="Mark as read", query="mark-conversation-query", replies={200: "conversation"}, authorize=user_only,
    ),
    Route(
        method="DELETE", path=f"{CONVERSATIONS}/{{id}}/mark", slash=True, operation=conversations.unmark_conversation,
        title="Mark as unread", replies={200: "conversation"}, authorize=user_only,
    ),
    Route(
        method="PUT", path=f"{CONVERSATIONS}/{{id}}/pin", slash=True, operation=conversations.pin_conversation,
        title="Pin conversation", replies={200: "conversation"}, authorize=user_only,
    ),
    Route(
        method="DELETE", path=f"{CONVERSATIONS}/{{id}}/pin", slash=True, operation=conversations.unpin_conversation,
        title="Unpin conversation", replies={200: "conversation"}, authorize=user_only,
    ),
)  # fmt: skip

USERS: Final = (
    Route(
        method="POST", path="/api/users/{uid}/tokens", slash=True, operation=users.mint_token,
        title="Get an access token", body="token-request", replies={200: "token"}, authorize=key_only,
    ),
    Route(
        method="DELETE", path="/api/users/{uid}/tokens", slash=True, operation=users.revoke_tokens,
        title="Revoke access tokens", replies={200: NOTHING}, authorize=key_only,
    ),
    Route(
        method="PUT", path="/api/users/{uid}", slash=True, operation=users.put_user,
        title="Make or change a user", body="user-profile", replies={200: "user", 201: "user"}, authorize=key_only,
    ),
    Route(
        method="POST", path="/api/users", slash=True, operation=users.create_user,
        title="Create user", body="create-user", replies={201: "user"}, authorize=key_only,
    ),
    Route(
        method="GET", path="/api/user", slash=True, operation=users.get_current_user,
        title="Get the current user", replies={200: "user"}, authorize=user_only,
    ),
    Route(
        method="GET", path="/api/users", slash=True, operation=users.list_users,
        title="List users", query="list-users-query", replies={200: "user-list"},
    ),
    Route(
        method="GET", path="/api/users/autocomplete", slash=True, operation=users.list_choices,
        title="Find users for a member picker", query="list-choices-query", replies={200: "user-choices"},
    ),
    Route(
        method="GET", path="/api/users/{uid}", slash=True, operation=users.get_user,
        title="Get user", replies={200: "user"},
    ),
)  # fmt: skip

APPS: Final = (
    Route(
        method="POST", path="/api/apps/init", slash=True, operation=apps.init_app,
        title="Make or find a contextual chat", body="init-app", replies={200: "app"},
    ),
    Route(
        method="GET", path="/api/apps/{id}", slash=True, operation=apps.get_app,
        title="Get app", replies={200: "app"},
    ),
    Route(
        method="PATCH", path="/api/apps/{id}", slash=True, operation=apps.update_app,
        title="Rename, describe, tag", body="update-app", replies={204: NOTHING},
    ),
    Route(
        method="POST", path="/api/apps/{id}/trash", slash=True, operation=apps.trash_app,
        title="Put into the bin", replies={200: "app"},
    ),
    Route(
        method="POST", path="/api/apps/{id}/restore", slash=True, operation=apps.restore_app,
        title="Take out of the bin", replies={200: "app"},
    ),
    Route(
        method="POST", path="/api/apps/{id}/stars", slash=True, operation=apps.star_app,
        title="Star", replies={204: NOTHING}, authorize=user_only,
    ),
    Route(
        method="DELETE", path="/api/apps/{id}/stars", slash=True, operation=apps.unstar_app,
        title="Unstar", replies={204: NOTHING}, authorize=user_only,
    ),
    Route(
        method="GET", path="/api/apps/{id}/members", slash=True, operation=members.list_members,
        title="List members", query="list-members-query", replies={200: "member-list"},
    ),
    Route(
        method="POST", path="/api/apps/{id}/members", slash=True, operation=members.add_members,
        title="Add members", body="member-ids", replies={200: NOTHING},
    ),
    Route(
        method="DELETE", path="/api/apps/{id}/members", slash=True, operation=members.remove_members,
        title="Remove members", body="member-ids", replies={200: NOTHING},
    ),
    Route(
        method="PUT", path="/api/apps/{id}/members/{userid}", slash=True, operation=members.add_member,
        title="Add a member", replies={200: NOTHING},
    ),
    Route(
        method="DELETE", path="/api/apps/{id}/members/{userid}", slash=True, operation=members.remove_member,
        title="Remove a member", replies={200: NOTHING},
    ),
    Route(
        method="POST", path="/api/apps/{id}/messages", slash=True, operation=messages.create_message,
        title="Write a message", body="create-message", replies={200: "message"}, authorize=user_only,
    ),
    Route(
        method="GET", path="/api/apps/{id}/messages", slash=True, operation=messages.list_messages,
        title="List messages", query="list-messages-query", replies={200: "message-list"},
    ),
    Route(
        method="PUT", path="/api/apps/{id}/messages/typing", slash=True, operation=messages.set_typing,
        title="Say that somebody types", replies={204: NOTHING}, authorize=user_only,
    ),
    Route(
        method="GET", path="/api/messages/{id}", slash=True, operation=messages.get_message,
        title="Get message", replies={200: "message"},
    ),
    Route(
        method="GET", path="/api/features/chat", slash=True, operation=messages.get_features,
        title="List what works in a chat", replies={200: "features"},
    ),
)  # fmt: skip

PICTURES: Final = (
    Route(
        method="GET", path="/api/users/{id}/avatar.svg", operation=avatars.get_user_avatar,
        title="A user's picture", auth=False, replies={200: BINARY},
    ),
    Route(
        method="GET", path="/api/conversations/{id}/avatar.svg", operation=avatars.get_conversation_avatar,
        title="A conversation's picture", auth=False, replies={200: BINARY},
    ),
)  # fmt: skip

HUB: Final = (
    Route(
        method="POST", path="/hubs/rtm/negotiate", slash=True, operation=realtime.negotiate,
        title="Negotiate a connection", replies={200: "negotiation"}, authorize=user_only,
    ),
)  # fmt: skip

ROUTES: Final = (*DOCUMENTED, *USERS, *APPS, *PICTURES, *HUB)

SOCKETS: Final = (Socket(path="/hubs/rtm", slash=True, open=realtime.connect, title="The hub's connections"),)
