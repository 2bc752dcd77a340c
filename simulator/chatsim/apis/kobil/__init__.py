"""KOBIL Chat (mPower): messages, files and signature requests to SuperApp users, and callbacks with what they do."""

from __future__ import annotations

from typing import Final

from chatsim.apis.kobil import access, contract, fixture, operations, setup, triggers
from chatsim.apis.kobil.autoreply import auto_reply
from chatsim.apis.kobil.errors import RealmUnknown, UserUnknown, render
from chatsim.apis.kobil.forms import decode_message, form_decoder
from chatsim.apis.kobil.populate import populate
from chatsim.apis.kobil.switches import QUIRKS, SETTINGS, TOLERANCES
from chatsim.apis.kobil.ties import TIES
from chatsim.core.api import BINARY, Api, Route, Trigger
from chatsim.core.cors import Cors
from chatsim.core.errors import Unauthorized
from chatsim.core.routing import Territory

_USER: Final = "/auth/realms/{tenant}/mpower/v1/users/{user_id}"
_ACKNOWLEDGED: Final = {200: "acknowledgement"}

ROUTES: Final = (
    Route(
        method="POST",
        path=f"{_USER}/message",
        operation=operations.send_message,
        replies=_ACKNOWLEDGED,
        title="Send a plain text, a choice or a SmartScreen service message",
        decode=decode_message,
        authorize=access.authorize,
        validate=False,
        slash=True,
    ),
    Route(
        method="POST",
        path=f"{_USER}/media",
        operation=operations.send_attachment,
        replies=_ACKNOWLEDGED,
        title="Send a file",
        aliases=(f"{_USER}/mediaChat",),
        decode=form_decoder("message", "attachment"),
        authorize=access.authorize,
        validate=False,
        slash=True,
        multipart=True,
        limit="kobil.max_upload_bytes",
    ),
    Route(
        method="POST",
        path=f"{_USER}/signature",
        operation=operations.request_signature,
        replies=_ACKNOWLEDGED,
        title="Ask the user to sign a PDF",
        decode=form_decoder("signatureData", "signatureFile"),
        authorize=access.authorize,
        validate=False,
        slash=True,
        multipart=True,
        limit="kobil.max_upload_bytes",
    ),
    Route(
        method="GET",
        path="/v1/mpower/tenants/{tenant}/media/{media_id}/download",
        operation=operations.download_media,
        replies={200: BINARY},
        title="Download a file",
        slash=True,
    ),
)

TRIGGERS: Final = (
    Trigger(name="open-chat", title="The user opens the chat", schema="sim-open-chat", run=triggers.open_chat),
    Trigger(name="send-text", title="The user writes a text", schema="sim-send-text", run=triggers.send_text),
    Trigger(name="choose", title="The user picks a choice", schema="sim-choose", run=triggers.choose),
    Trigger(
        name="send-attachment",
        title="The user sends a file",
        schema="sim-send-attachment",
        run=triggers.send_attachment,
        multipart=True,
        limit="kobil.max_upload_bytes",
    ),
    Trigger(name="sign", title="The user signs a document, or declines", schema="sim-sign", run=triggers.sign),
)

API: Final = Api(
    name="kobil",
    title="KOBIL Chat",
    document="KOBIL Chat API",
    emulates="KOBIL mPower chat, message gateway version 3",
    territory=(Territory("/auth/realms/*/mpower"), Territory("/v1/mpower")),
    routes=ROUTES,
    render=render,
    ties=TIES,
    state=fixture.begin,
    admit=access.admit,
    authenticate=access.authenticate,
    # The document is silent on browsers; its server answers any origin for the resources of a realm [guess].
    cors=Cors(expose=("Content-Disposition",)),
    replies=dict.fromkeys((400, 401, 403, 404, 405, 408, 413, 415, 417, 500), "error"),
    errors={
        "unauthorized": Unauthorized,
        "user_does_not_exist": UserUnknown,
        "realm_does_not_exist": RealmUnknown,
    },
    timers={"auto_reply": auto_reply},
    tolerances=TOLERANCES,
    settings=SETTINGS,
    quirks=QUIRKS,
    collections=setup.COLLECTIONS,
    triggers=TRIGGERS,
    schemas=(
        *contract.MESSAGES.values(),
        contract.OLDER,
        contract.ATTACHMENT,
        contract.SIGNATURE_DATA,
        *contract.CALLBACKS.values(),
    ),
    environment={"KOBIL_URL": lambda world, base_url: base_url},
    populate=populate,
    sample=(
        "TOKEN=$(curl -s {base_url}/auth/realms/flutter/protocol/openid-connect/token"
        " -d client_id=my-service -d client_secret=my-secret -d grant_type=client_credentials"
        """ | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')\n"""
        "curl {base_url}/auth/realms/flutter/mpower/v1/users/44444444444/message"
        """ -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d """
        '\'{"serviceUuid":"my-service","messageType":"processChatMessage","version":3,'
        '"messageContent":{"messageText":"Hello"}}\''
    ),
    hosts=("idp.cloud.test.kobil.com",),
)
