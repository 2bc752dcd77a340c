"""Sending messages: what is acknowledged, what is refused, and in which order it is looked at."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kobil_desk import MESSAGE, SERVICE, USERS, KobilDesk, text

from chatsim.apis.kobil import ids
from chatsim.core.clock import SECOND

CHOICE = text(messageType="choiceRequest", messageContent={"messageText": "Go on?", "choices": [{"text": "Yes"}]})
SMART_SCREEN = text(
    messageType="smartScreenService", messageContent={"messageText": "Open", "smartScreenServiceUuid": "shop"}
)
UNAUTHORIZED = {"error": "HTTP 401 Unauthorized"}


def changed(body: dict[str, Any], **members: Any) -> dict[str, Any]:
    """The body with other members; None leaves one out."""
    return {name: value for name, value in {**body, **members}.items() if value is not None}


@pytest.mark.parametrize("body", [text(), CHOICE, SMART_SCREEN], ids=lambda body: body["messageType"])
def test_every_type_is_acknowledged(desk: KobilDesk, body: dict[str, Any]) -> None:
    """Each of the three types gets exactly an id and an instanceId."""
    answer = desk.send(body=body)
    assert (answer.status, list(answer.data), answer.bug) == (200, ["messageId", "instanceId"], "")


def test_default_instance_id_has_its_prefix(desk: KobilDesk) -> None:
    """Without an instanceId the server makes one; ids are stable for a seed."""
    assert desk.send().data == {
        "messageId": desk.world.state("kobil").conversations.popitem()[1][0],
        "instanceId": "instance-73785b16-c9a3-43ba-b973-5f5f5c35b554",
    }


def test_given_instance_id_comes_back(desk: KobilDesk) -> None:
    """The client's own instanceId is acknowledged unchanged."""
    assert desk.send(body=text(instanceId="my own")).data["instanceId"] == "my own"


def test_ids_rise_while_the_clock_stands_still(desk: KobilDesk) -> None:
    """Messages of one frozen moment sort by their ids, and hold that moment."""
    sent = [desk.send().data["messageId"] for _ in range(20)]
    assert sent == sorted(set(sent))
    assert ids.decode_message_id(sent[0]).at_ms == desk.time // 1_000_000


@pytest.mark.parametrize(
    "path",
    [
        f"{MESSAGE}/",
        f"{MESSAGE}?category=chat&x",
        f"{USERS}/john.doe@gmail.com/message",
        f"{USERS}/john.doe%40gmail.com/message/",
        f"{USERS}/John.Doe@Gmail.com/message",
        f"{USERS}/a+b%20c/message",
    ],
)
def test_address_may_be_written_in_several_ways(desk: KobilDesk, path: str) -> None:
    """Trailing slash, %40, another case of letters and a query change nothing."""
    assert desk.send(path).status == 200


def test_user_is_the_same_in_any_case(desk: KobilDesk) -> None:
    """Messages to one address, however written, are one conversation."""
    for user in ("ann@x.example", "Ann%40X.example"):
        desk.send(f"{USERS}/{user}/message")
    assert [len(ids) for ids in desk.world.state("kobil").conversations.values()] == [2]


@given(st.text(st.characters()))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(50))
def test_text_is_kept_byte_for_byte(desk: KobilDesk, message: str) -> None:
    """Whatever the text holds, styling marks and lone surrogates too, it is stored unchanged."""
    sent = desk.send(body=text(message))
    assert desk.world.state("kobil").messages[sent.data["messageId"]].text == message


BROKEN: dict[str, Any] = {
    "init": changed(text(), messageType="init"),
    "attachment": changed(text(), messageType="attachmentMessage"),
    "plainText": changed(text(), messageType="plainText"),
    "text-entry": changed(text(), messageType="textEntryRequest"),
    "no-type": changed(text(), messageType=None),
    "type-5": changed(text(), messageType=5),
    "no-version": changed(text(), version=None),
    "version-2": changed(text(), version=2),
    "version-text": changed(text(), version="3"),
    "version-true": changed(text(), version=True),
    "no-content": changed(text(), messageContent=None),
    "no-text": changed(text(), messageContent={}),
    "text-5": changed(text(), messageContent={"messageText": 5}),
    "no-service": changed(text(), serviceUuid=None),
    "service-5": changed(text(), serviceUuid=5),
    "instance-5": changed(text(), instanceId=5),
    "no-choices": changed(CHOICE, messageContent={"messageText": "?"}),
    "empty-choices": changed(CHOICE, messageContent={"messageText": "?", "choices": []}),
    "empty-choice": changed(CHOICE, messageContent={"messageText": "?", "choices": [{"text": ""}]}),
    "bare-choice": changed(CHOICE, messageContent={"messageText": "?", "choices": ["Yes"]}),
    "no-screen": changed(SMART_SCREEN, messageContent={"messageText": "?"}),
    "list": [],
    "null": None,
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN.keys())
def test_broken_message_is_refused(desk: KobilDesk, body: Any) -> None:
    """A type that cannot be sent, a missing or wrong member: 400 with a text."""
    raw = desk.ask("POST", MESSAGE, b"null", token=desk.token(), headers={"Content-Type": "application/json"})
    answer = raw if body is None else desk.send(body=body)
    assert (answer.status, list(answer.data), answer.bug) == (400, ["error"], "")


@pytest.mark.parametrize("raw", [b"", b"{", b"{}x", b"\xff", b'{"a":1e400}', b"[" * 5000, b"\xef\xbb\xbf{}"])
def test_what_is_no_json_is_refused(desk: KobilDesk, raw: bytes) -> None:
    """Bytes that are not JSON: 400."""
    answer = desk.ask("POST", MESSAGE, raw, token=desk.token(), headers={"Content-Type": "application/json"})
    assert (answer.status, answer.bug) == (400, "")


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(100))
def test_no_json_makes_us_stumble(desk: KobilDesk, body: Any) -> None:
    """Whatever JSON comes, the answer is a well-formed refusal, and never a bug of ours."""
    members = body if isinstance(body, dict) else {"messageContent": body}
    answer = desk.send(body={**text(), **members, "version": 2})
    assert (answer.status in (400, 401), answer.bug) == (True, "")


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_other_content_types_are_refused(desk: KobilDesk, kind: str) -> None:
    """Anything but JSON: 415 in the server's words."""
    answer = desk.ask("POST", MESSAGE, b"{}", token=desk.token(), headers={"Content-Type": kind} if kind else {})
    assert (answer.status, answer.data) == (415, {"error": "HTTP 415 Unsupported Media Type"})


def test_charset_is_no_other_content_type(desk: KobilDesk) -> None:
    """JSON with a charset is JSON."""
    answer = desk.send(headers={"Content-Type": "Application/JSON; charset=UTF-8"})
    assert answer.status == 200


def bad_tokens(desk: KobilDesk) -> dict[str, str | None]:
    """Every way in which an Authorization can be useless."""
    good = desk.token()
    header, claims, signature = good.split(".")
    return {
        "none": None,
        "empty": "Bearer ",
        "basic": "Basic YTpi",
        "rubbish": "Bearer rubbish",
        "signature": f"Bearer {header}.{claims}.{signature[:-4]}AAAA",
        "unsigned": f"Bearer {header}.{claims}.",
        "other realm": f"Bearer {desk.token(realm='other')}",
        "expired": f"Bearer {desk.token(life_s=0)}",
        "no scheme": good,
    }


@pytest.mark.parametrize(
    "name", ["none", "empty", "basic", "rubbish", "signature", "unsigned", "other realm", "expired", "no scheme"]
)
def test_every_token_fault_is_the_documented_401(desk: KobilDesk, name: str) -> None:
    """Whatever is wrong with a token, the answer is the document's."""
    value = bad_tokens(desk)[name]
    answer = desk.ask("POST", MESSAGE, text(), headers={} if value is None else {"Authorization": value})
    assert (answer.status, answer.data) == (401, UNAUTHORIZED)


def test_token_ends_with_its_life(desk: KobilDesk) -> None:
    """A token that was good is refused when its time is over."""
    token = desk.token(life_s=300)
    assert desk.ask("POST", MESSAGE, text(), token=token).status == 200
    desk.time += 300 * SECOND
    assert desk.ask("POST", MESSAGE, text(), token=token).status == 401


def test_service_must_be_the_tokens_client(desk: KobilDesk) -> None:
    """serviceUuid of another client: the documented 401."""
    answer = desk.send(service="partner-app-server")
    assert (answer.status, answer.data) == (401, UNAUTHORIZED)


def test_service_needs_no_uuid(desk: KobilDesk) -> None:
    """A client id such as partner-app-server is a service like any other."""
    assert desk.send(body=text(serviceUuid="partner-app-server"), service="partner-app-server").status == 200


def test_unknown_tenant_has_no_realm(desk: KobilDesk) -> None:
    """A tenant that does not exist wins over the missing token."""
    answer = desk.ask("POST", MESSAGE.replace("flutter", "nobody"), text())
    assert (answer.status, answer.data) == (404, {"error": "Realm does not exist"})


def test_sub_is_no_user(desk: KobilDesk) -> None:
    """The sub of an account is a known mistake: User does not exist."""
    identity = desk.world.identity
    identity.add_user("flutter", user := identity.new_user("flutter", "ann@x.example"))
    answer = desk.send(f"{USERS}/{user.sub}/message")
    assert (answer.status, answer.data) == (404, {"error": "User does not exist"})


def test_account_is_found_by_each_of_its_names(desk: KobilDesk) -> None:
    """User name and e-mail address of one account are one user."""
    identity = desk.world.identity
    user = identity.new_user("flutter", "ann")
    user.email = "ann@x.example"
    identity.add_user("flutter", user)
    for name in ("ann@x.example", "ann"):
        desk.send(f"{USERS}/{name}/message")
    assert "ann" not in desk.world.state("kobil").users


def test_listed_accounts_refuse_strangers() -> None:
    """With listed accounts only users that were set up can be written to."""
    from chatsim.apis.kobil import API

    desk = KobilDesk(apis=[API], accounts="listed")
    stranger = desk.send(f"{USERS}/stranger/message")
    assert (desk.send().status, stranger.status, stranger.data) == (200, 404, {"error": "User does not exist"})


@pytest.mark.parametrize(("path", "status"), [(MESSAGE, 405), (f"{USERS}/1", 404), ("/v1/mpower/x", 404)])
def test_wrong_path_or_method_has_the_servers_words(desk: KobilDesk, path: str, status: int) -> None:
    """404 and 405 are worded as the server around it words them."""
    answer = desk.ask("GET", path)
    words = {404: "HTTP 404 Not Found", 405: "HTTP 405 Method Not Allowed"}
    assert (answer.status, answer.data) == (status, {"error": words[status]})


CHECKS = ("realm", "token", "type", "parse", "service", "user", "schema")


def spoilt(desk: KobilDesk, *faults: str) -> tuple[int, Any]:
    """Status and body for a message that fails all these checks."""
    path = MESSAGE.replace("flutter", "nobody") if "realm" in faults else MESSAGE
    if "user" in faults:
        identity = desk.world.identity
        identity.add_user("flutter", user := identity.new_user("flutter", "ann"))
        path = path.replace("44444444444", user.sub)
    body: Any = text(serviceUuid="other" if "service" in faults else SERVICE, version=2 if "schema" in faults else 3)
    answer = desk.ask(
        "POST",
        path,
        b"{" if "parse" in faults else body,
        token=None if "token" in faults else desk.token(),
        headers={"Content-Type": "text/plain" if "type" in faults else "application/json"},
    )
    return answer.status, answer.data


@pytest.mark.parametrize(("first", "second"), list(combinations(CHECKS, 2)))
def test_earlier_check_wins(desk: KobilDesk, first: str, second: str) -> None:
    """realm, token, content type, parse, service, user, schema: of two faults the earlier one is answered."""
    alone = spoilt(desk, first)
    assert alone[0] >= 400
    assert spoilt(desk, first, second) == alone


def test_undocumented_member_is_noted(desk: KobilDesk) -> None:
    """What clients send beyond the document is accepted with a note that says where it is."""
    styled = {"messageText": "?", "alignment": "horizontal", "choices": [{"text": "Yes", "style": {"normal": {}}}]}
    answer = desk.send(body=changed(CHOICE, messageContent=styled, extra=1))
    assert (answer.status, answer.notes) == (200, ["undocumented_member"])
    [note] = answer.outcome.plan.call.entry.notes
    assert note.text == (
        "the document does not have /extra, /messageContent/alignment, /messageContent/choices/0/style"
    )


def test_strict_world_refuses_undocumented_members(desk: KobilDesk) -> None:
    """A strict world answers 400 to the same body, and 200 to the documented one."""
    desk.make_world("strict", strict=True)
    assert desk.send(body=text(extra=1), world="strict").status == 400
    assert desk.send(body=CHOICE, world="strict").status == 200


def test_text_entry_is_a_switch(desk: KobilDesk) -> None:
    """kobil.text-entry=accepted lets the older type pass."""
    desk.make_world("older", quirks={"kobil.text-entry": "accepted"})
    body = text(messageType="textEntryRequest")
    assert [desk.send(body=body, world=world).status for world in ("default", "older")] == [400, 200]


def test_mismatch_status_is_a_switch(desk: KobilDesk) -> None:
    """kobil.service-mismatch=403 answers what some report."""
    desk.make_world("field", quirks={"kobil.service-mismatch": "403"})
    answer = desk.send(service="other", world="field")
    assert (answer.status, answer.data) == (403, {"error": "HTTP 403 Forbidden"})


def test_other_worlds_token_is_refused(desk: KobilDesk) -> None:
    """A token of one world means nothing in another."""
    desk.make_world("b")
    answer = desk.ask("POST", MESSAGE, text(), token=desk.token(), world="b")
    assert (answer.status, desk.simulator.worlds["b"].state("kobil").messages) == (401, {})


def test_page_of_another_origin_may_ask(desk: KobilDesk) -> None:
    """A preflight is answered, and the answer may be read."""
    headers = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    assert desk.ask("OPTIONS", MESSAGE, headers=headers).headers["Access-Control-Allow-Origin"] == "*"


def test_default_service_of_the_samples_is_a_service(desk: KobilDesk) -> None:
    """A message makes its service and its user known."""
    desk.send(f"{USERS}/new/message")
    state = desk.world.state("kobil")
    assert (SERVICE in state.services, state.users["new"].tenants) == (True, ["flutter"])
