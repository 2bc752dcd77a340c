"""Where releases of the real server differ, or nobody knows: switches, the most common behaviour first."""

from __future__ import annotations

from typing import Final

from chatsim.core.quirks import Quirk

QUIRKS: Final = (
    Quirk(
        name="keycloak.unknown-user",
        title="Status for a user name that nobody has",
        values={"401": "as for a wrong password: older releases", "400": "the newest source"},
        document="401",
        service="401",
        source="Keycloak's Java source, two releases; client libraries turn the two into different exceptions",
    ),
    Quirk(
        name="keycloak.missing-realm",
        title="The answer for a realm that does not exist",
        values={"plain": "error alone", "described": "error_description points to the server log: newer releases"},
        document="plain",
        service="plain",
        source="public logs of both kinds",
    ),
    Quirk(
        name="keycloak.plain-errors",
        title="Errors outside OAuth, such as a wrong path",
        values={
            "text": "error holds the text: the older handler, as KOBIL's server has it",
            "code": "error holds a code and error_description the text: the newer handler",
        },
        document="text",
        service="text",
        source="public logs; Keycloak's Java source",
    ),
    Quirk(
        name="keycloak.userinfo-without-token",
        title="Status of user information without a token",
        values={"400": "older releases", "401": "newer releases, as remembered"},
        document="400",
        service="400",
        source="Keycloak's Java source for 400; a guess for 401",
    ),
    Quirk(
        name="keycloak.userinfo-scope",
        title="Whether user information wants a token with the scope openid",
        values={"any": "any scope will do", "openid": "403 insufficient_scope without openid: newer releases"},
        document="any",
        service="any",
        source="a guess; clients of these APIs rarely ask for openid",
    ),
)
