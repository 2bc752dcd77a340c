"""The table of Airy's endpoints."""

from __future__ import annotations

from typing import Final

from chatsim.apis.airy import agents, operations, realtime, uploads
from chatsim.apis.airy.state import Airy
from chatsim.core.api import BINARY, MEBIBYTE, NOTHING, Call, Route, Socket
from chatsim.core.http import Reply


def health(airy: Airy, call: Call) -> Reply:
    """The framework's sign of life."""
    return Reply(body={"status": "UP"})


def refuse_plain(airy: Airy, call: Call) -> Reply:
    """[source] What the handshake handler answers a request that is none."""
    return Reply(status=400, body=b'Can "Upgrade" only to "WebSocket".', content_type="text/plain")


ROUTES: Final = (
    Route(
        method="POST",
        path="/chatplugin.authenticate",
        operation=operations.authenticate,
        title="Authenticating web users",
        body="authenticate",
        replies={200: "authenticate-reply"},
        bare=(400,),
    ),
    Route(
        method="POST",
        path="/chatplugin.resumeToken",
        operation=operations.resume_token,
        title="Get a resume token",
        decode=operations.agents_json,
        replies={200: "resume-token-reply"},
    ),
    Route(
        method="POST",
        path="/chatplugin.send",
        operation=operations.send,
        title="Send message",
        body="send",
        replies={200: "message", 404: NOTHING},
    ),
    Route(
        method="POST",
        path="/media.upload",
        operation=uploads.upload_media,
        title="Upload a file",
        multipart=True,
        decode=uploads.decode_file,
        limit=uploads.MAX_FILE_BYTES,
        replies={200: "media-upload-reply"},
    ),
    Route(
        method="GET",
        path="/media.upload/{upload_id}/{name}",
        operation=uploads.download_media,
        title="An uploaded file",
        replies={200: BINARY},
    ),
    Route(
        method="GET",
        path="/actuator/health",
        operation=health,
        title="Sign of life",
        replies={200: "health"},
    ),
    Route(
        method="POST",
        path="/channels.chatplugin.connect",
        operation=agents.connect_channel,
        title="Connect a channel",
        body="channels-connect",
        replies={200: "channel"},
    ),
    Route(
        method="POST",
        path="/channels.chatplugin.disconnect",
        operation=agents.disconnect_channel,
        title="Disconnect a channel",
        body="channel-request",
        replies={204: NOTHING, 404: NOTHING},
    ),
    Route(
        method="POST",
        path="/channels.list",
        operation=agents.list_channels,
        title="List channels",
        body="channels-list",
        decode=agents.optional_json,
        replies={200: "channels-list-reply"},
    ),
    Route(
        method="POST",
        path="/channels.info",
        operation=agents.show_channel,
        title="Show a channel",
        body="channel-request",
        replies={200: "channel", 404: NOTHING},
    ),
    Route(
        method="POST",
        path="/conversations.list",
        operation=agents.list_conversations,
        title="List conversations",
        body="conversations-list",
        decode=agents.optional_json,
        replies={200: "conversations-list-reply"},
        bare=(400,),
    ),
    Route(
        method="POST",
        path="/messages.list",
        operation=agents.list_messages,
        title="List messages",
        body="messages-list",
        replies={200: "messages-list-reply", 404: NOTHING},
    ),
    Route(
        method="POST",
        path="/messages.send",
        operation=agents.send_message,
        title="Send a message as agent",
        body="messages-send",
        replies={200: "message", 202: "message"},
        bare=(400,),
    ),
    Route(
        method="POST",
        path="/messages.resend",
        operation=agents.resend_message,
        title="Resend a failed message",
        body="messages-resend",
        replies={200: NOTHING, 404: NOTHING, 409: "failure"},
    ),
)

SOCKETS: Final = (
    Socket(
        path="/ws.chatplugin",
        open=realtime.chat_plugin,
        title="STOMP over WebSocket",
        protocols=("v10.stomp", "v11.stomp", "v12.stomp"),
        plain=refuse_plain,
        # Far above the 64 KiB of a STOMP frame, so that a longer one is told so in STOMP.
        limit=MEBIBYTE,
        overlong=realtime.ChatPlugin.overlong,
        replies={400: BINARY},
    ),
)
