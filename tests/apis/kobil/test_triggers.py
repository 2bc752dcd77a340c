"""Playing the SuperApp user: what each action posts to the service, and where it goes."""

from __future__ import annotations

import io
import sys
from typing import Any

import blurhash
import pytest
from kobil_desk import MESSAGE, SERVICE, USERS, KobilDesk, file, text
from PIL import Image

from chatsim.apis.kobil import API, ids, thumbnails
from chatsim.core import data
from chatsim.core.errors import ApiError, Conflict
from chatsim.core.media import Blob

FIXTURES = data.fixtures() / "kobil"
CALLBACK = "http://127.0.0.1:3000/callback?secret=s3"
TO_JOHN = f"{USERS}/john/message"
CHOICES = text(
    messageType="choiceRequest",
    messageContent={"messageText": "?", "choices": [{"text": "Yes"}, {"text": "No"}]},
    instanceId="question 1",
)
WHO = {"tenant": "flutter", "service": SERVICE, "user": "john"}


@pytest.fixture
def desk() -> KobilDesk:
    """KOBIL with a callback address for every service."""
    desk = KobilDesk(apis=[API])
    desk.world.settings["kobil.callback_url"] = CALLBACK
    return desk


def url_of_last(desk: KobilDesk) -> str:
    """Where the newest callback goes."""
    return list(desk.world.outbox.deliveries.values())[-1].url


def test_opened_chat_is_an_init(desk: KobilDesk) -> None:
    """Opening the chat posts the full chat envelope with an empty text, in the order of the samples."""
    message = desk.act("open-chat", **WHO)
    assert list(message) == [
        "category",
        "content",
        "conversationId",
        "from",
        "idempotencyId",
        "messageId",
        "timestamp",
        "serviceUuid",
        "instanceId",
    ]
    assert message["content"] == {"messageContent": {"messageText": ""}, "messageType": "init", "version": 3}
    assert (message["from"], message["timestamp"]) == (
        {"ecoId": "flutter", "userId": "john"},
        "2026-01-01T12:00:00.000Z",
    )


def test_chat_opens_every_time(desk: KobilDesk) -> None:
    """Each opening is an init of its own, with new ids, in the same conversation."""
    first, second = desk.act("open-chat", **WHO), desk.act("open-chat", **WHO)
    assert first["conversationId"] == second["conversationId"]
    assert {first[name] == second[name] for name in ("messageId", "idempotencyId")} == {False}


def test_init_response_id_is_a_switch(desk: KobilDesk) -> None:
    """kobil.init-response-id=present adds a responseId, as partner guides show."""
    desk.world.quirks["kobil.init-response-id"] = "present"
    message = desk.act("open-chat", **WHO)
    assert message["responseId"] == message["messageId"]


def test_callback_goes_out_once_with_its_query(desk: KobilDesk) -> None:
    """One action is one delivery, to the registered address as it stands."""
    desk.act("open-chat", **WHO)
    [delivery] = desk.world.outbox.deliveries.values()
    assert (delivery.url, delivery.about, delivery.api) == (CALLBACK, "init", "kobil")


def test_text_is_posted(desk: KobilDesk) -> None:
    """What the user writes arrives unchanged."""
    message = desk.act("send-text", **WHO, text="*Hi* \n ```you```")
    assert message["content"]["messageContent"] == {"messageText": "*Hi* \n ```you```"}


def test_reply_carries_the_instance_of_what_it_answers(desk: KobilDesk) -> None:
    """The instanceId is that of the answered message, else of the last one, else a fresh default."""
    fresh = desk.act("open-chat", **WHO)["instanceId"]
    first = desk.send(TO_JOHN, text(instanceId="one")).data["messageId"]
    desk.send(TO_JOHN, text(instanceId="two"))
    answered = desk.act("send-text", text="x", reply_to=first)["instanceId"]
    desk.send(TO_JOHN, text(instanceId="three"))
    spontaneous = desk.act("send-text", **WHO, text="y")["instanceId"]
    assert (fresh.startswith("instance-"), answered, spontaneous) == (True, "one", "three")


@pytest.mark.parametrize(("pick", "chosen"), [({"index": 0}, "Yes"), ({"index": 1}, "No"), ({"text": "No"}, "No")])
def test_choice_is_posted(desk: KobilDesk, pick: dict[str, Any], chosen: str) -> None:
    """A picked choice is a choiceResponse with its text and the question's instanceId."""
    desk.send(TO_JOHN, CHOICES)
    desk.send(TO_JOHN, text())
    message = desk.act("choose", **WHO, **pick)
    assert (message["content"]["messageType"], message["instanceId"]) == ("choiceResponse", "question 1")
    assert message["content"]["messageContent"] == {"messageText": chosen}


def test_older_question_can_be_answered(desk: KobilDesk) -> None:
    """A message_id picks another question than the newest."""
    old = desk.send(TO_JOHN, {**CHOICES, "instanceId": "old"}).data["messageId"]
    desk.send(TO_JOHN, CHOICES)
    assert desk.act("choose", index=0, message_id=old)["instanceId"] == "old"


@pytest.mark.parametrize(
    ("trigger", "body", "status"),
    [
        ("choose", {"index": 2}, 400),
        ("choose", {"text": "Maybe"}, 400),
        ("choose", {"index": 0, "message_id": "nope"}, 404),
        ("choose", {"index": 0, "user": "stranger"}, 409),
        ("send-text", {"text": "x", "reply_to": "nope"}, 404),
        ("send-attachment", {"fixture": "nope.jpeg"}, 400),
        ("sign", {}, 409),
        ("sign", {"message_id": "nope"}, 404),
    ],
)
def test_impossible_action_is_refused(desk: KobilDesk, trigger: str, body: dict[str, Any], status: int) -> None:
    """An action that cannot be done changes nothing and posts nothing."""
    desk.send(TO_JOHN, CHOICES)
    before = len(desk.world.state("kobil").messages)
    with pytest.raises(ApiError) as refused:
        desk.act(trigger, **{**WHO, **body})
    assert (refused.value.status, len(desk.world.state("kobil").messages), desk.posted()) == (status, before, [])


@pytest.mark.parametrize("trigger", ["choose", "sign"])
def test_message_of_another_kind_is_refused(desk: KobilDesk, trigger: str) -> None:
    """A plain text can neither be chosen from nor signed."""
    sent = desk.send(TO_JOHN).data["messageId"]
    with pytest.raises(Conflict):
        desk.act(trigger, **WHO, message_id=sent, index=0)


def test_file_is_posted(desk: KobilDesk) -> None:
    """A file is described as in the sample; its mediaId names the very message that carries it."""
    picture = (FIXTURES / "media" / "photo.jpeg").read_bytes()
    message = desk.act("send-attachment", **WHO, file=file("file", picture, "holiday.jpeg"))
    media = message["content"]["mediaContent"]
    assert list(message["content"]) == ["mediaContent", "messageContent", "messageType", "version"]
    assert (media["contentType"], media["fileName"], media["fileSize"]) == ("image/jpeg", "holiday.jpeg", len(picture))
    assert ids.decode_media_id(media["mediaId"])[0] == message["messageId"]


def test_file_can_be_downloaded(desk: KobilDesk) -> None:
    """The service that a file was sent to gets its bytes."""
    media = desk.act("send-attachment", **WHO, fixture="agreement.pdf")["content"]["mediaContent"]["mediaId"]
    answer = desk.ask("GET", f"/v1/mpower/tenants/flutter/media/{media}/download", token=desk.token())
    assert (answer.status, answer.body[:5]) == (200, b"%PDF-")


def test_picture_of_the_fixtures_is_named_by_the_camera(desk: KobilDesk) -> None:
    """Without a file the sample picture is sent, named after its microsecond."""
    media = desk.act("send-attachment", **WHO)["content"]["mediaContent"]
    assert media["fileName"] == f"{desk.time // 1000}.jpeg"


def test_thumbnail_is_a_blurhash(desk: KobilDesk) -> None:
    """The thumbnail of a picture has 4 × 3 components and decodes to a picture."""
    thumbnail = desk.act("send-attachment", **WHO)["content"]["mediaContent"]["thumbnailPreview"]
    assert (blurhash.components(thumbnail), len(blurhash.decode(thumbnail, 8, 6))) == ((4, 3), 6)


def test_type_of_the_users_file_can_be_said(desk: KobilDesk) -> None:
    """content_type stands in for the file's own, in the callback and at the download."""
    media = desk.act("send-attachment", **WHO, content_type="image/heic")["content"]["mediaContent"]
    kept = desk.world.state("kobil").media[media["mediaId"]]
    assert (media["contentType"], kept.content_type) == ("image/heic", "image/heic")


def test_names_that_are_no_utf8_are_posted_as_text(desk: KobilDesk) -> None:
    """The callback shows replacement characters, the download has the bytes that came."""
    odd = file("file", b"x", "caf\udce9.jpg", "image/j\udce9")
    media = desk.act("send-attachment", **WHO, file=odd)["content"]["mediaContent"]
    assert (media["fileName"], media["contentType"]) == ("caf\ufffd.jpg", "image/j\ufffd")
    assert desk.world.state("kobil").media[media["mediaId"]].file_name == "caf\udce9.jpg"


@pytest.mark.parametrize(
    ("raw", "kind"), [(b"%PDF-", "application/pdf"), (b"rubbish", "image/png"), (b"", "image/gif")]
)
def test_what_is_no_picture_has_no_thumbnail(raw: bytes, kind: str) -> None:
    """The thumbnail of a PDF, or of bytes that no picture can be read from, is empty."""
    assert thumbnails.of(Blob.of(raw), kind) == ""


def test_thumbnail_is_constant_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Pillow every picture has the document's own blurhash."""
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert thumbnails.of(Blob.of(b"anything"), "image/png") == thumbnails.CONSTANT


def test_the_only_conversation_needs_no_names(desk: KobilDesk) -> None:
    """Once a service wrote to one user, actions need not say who."""
    desk.send(TO_JOHN)
    assert desk.act("send-text", text="x")["from"] == {"ecoId": "flutter", "userId": "john"}


def test_several_users_have_to_be_named(desk: KobilDesk) -> None:
    """Where more than one is possible, the refusal lists them."""
    with pytest.raises(ApiError, match="11111111111, 44444444444"):
        desk.act("open-chat", tenant="flutter")


def test_user_is_enough_where_the_rest_is_clear(desk: KobilDesk) -> None:
    """A user of one conversation needs no tenant and no service."""
    desk.send(TO_JOHN)
    desk.send(f"{USERS}/ann/message")
    assert desk.act("open-chat", user="ANN")["from"]["userId"] == "ann"


def test_new_user_of_the_only_tenant_needs_no_tenant(desk: KobilDesk) -> None:
    """A user whom nobody wrote to yet is one of the tenant that there is."""
    fixture = {"kobil": {"users": {"john": {"tenant": "flutter"}}, "services": {SERVICE: {"callback_url": CALLBACK}}}}
    desk.make_world("lone", fixture=fixture)
    assert desk.act("open-chat", world="lone", user="ann")["from"] == {"ecoId": "flutter", "userId": "ann"}


def test_no_address_is_told_with_the_call_that_sets_it(desk: KobilDesk) -> None:
    """Without a callback address: 409 with the PUT to send."""
    del desk.world.settings["kobil.callback_url"]
    with pytest.raises(Conflict, match=rf"PUT /_sim/worlds/default/kobil/services/{SERVICE}"):
        desk.act("open-chat", **WHO)


def test_nearest_address_wins(desk: KobilDesk) -> None:
    """A service's own address beats its setting, and that the one of all services."""
    desk.act("open-chat", **WHO)
    seen = [url_of_last(desk)]
    desk.world.settings[f"kobil.services.{SERVICE}.callback_url"] = "http://127.0.0.1/setting"
    desk.act("open-chat", **WHO)
    seen.append(url_of_last(desk))
    desk.world.state("kobil").services[SERVICE].callback_url = "http://127.0.0.1/own"
    desk.act("open-chat", **WHO)
    assert [*seen, url_of_last(desk)] == [CALLBACK, "http://127.0.0.1/setting", "http://127.0.0.1/own"]


def test_setting_takes_a_service_with_dots(desk: KobilDesk) -> None:
    """A service may be named as a host is."""
    changes = {"kobil.services.shop.example.org.callback_url": "http://127.0.0.1/shop"}
    assert desk.ask("PATCH", "/_sim/worlds/default/settings", changes).status == 200
    desk.act("open-chat", **{**WHO, "service": "shop.example.org"})
    assert url_of_last(desk) == "http://127.0.0.1/shop"


def test_strangers_are_refused_where_accounts_are_listed() -> None:
    """With listed accounts the user must have been set up."""
    desk = KobilDesk(apis=[API], accounts="listed")
    desk.world.settings["kobil.callback_url"] = CALLBACK
    with pytest.raises(ApiError, match="PUT …/kobil/users/john"):
        desk.act("open-chat", **WHO)


@pytest.mark.parametrize(
    ("setting", "body", "kind", "said"),
    [
        ("echo", text("Hello"), "processChatMessage", "Hello"),
        ("Thanks", text("Hello"), "processChatMessage", "Thanks"),
        ("echo", CHOICES, "choiceResponse", "Yes"),
        ("No", CHOICES, "choiceResponse", "No"),
        ("Maybe", CHOICES, "processChatMessage", "Maybe"),
    ],
)
def test_user_answers_by_itself(desk: KobilDesk, setting: str, body: dict[str, Any], kind: str, said: str) -> None:
    """With kobil.auto_reply the user answers one second later on the world's clock."""
    desk.world.settings["kobil.auto_reply"] = setting
    desk.world.clock.freeze()
    desk.send(TO_JOHN, body)
    desk.move(0.999)
    assert desk.posted() == []
    [outcome] = desk.move(0.001)
    [message] = desk.posted()
    assert (message["content"]["messageType"], message["content"]["messageContent"]) == (kind, {"messageText": said})
    assert outcome.plan.call.entry.bug == ""


def test_every_user_answers_by_itself(desk: KobilDesk) -> None:
    """However many were written to: who answers is who was asked."""
    desk.world.settings["kobil.auto_reply"] = "echo"
    desk.world.clock.freeze()
    for user in ("ann", "ben", "ann"):
        desk.send(TO_JOHN.rpartition("/users/")[0] + f"/users/{user}/message")
    desk.move(1)
    assert [one["from"]["userId"] for one in desk.posted()] == ["ann", "ben", "ann"]


def test_reply_without_an_address_is_a_remark(desk: KobilDesk) -> None:
    """Where nobody registered an address, the journal says why there was no answer."""
    desk.world.settings |= {"kobil.auto_reply": "echo", "kobil.callback_url": None}
    desk.world.clock.freeze()
    desk.send(TO_JOHN)
    [outcome] = desk.move(1)
    assert [note.code for note in outcome.plan.call.entry.notes] == ["no_auto_reply"]


def test_conversation_is_the_same_for_both_directions(desk: KobilDesk) -> None:
    """What the service sends and what the user answers is one conversation."""
    desk.send(MESSAGE)
    desk.act("send-text", text="x")
    assert [len(names) for names in desk.world.state("kobil").conversations.values()] == [2]


def test_a_huge_picture_has_no_thumbnail() -> None:
    """Decoding it would make everybody else wait; a photograph of that size is decoded smaller at once."""
    pictures = {}
    for form in ("PNG", "JPEG"):
        raw = io.BytesIO()
        Image.new("L", (5_000, 4_000)).save(raw, form)
        pictures[form] = thumbnails.of(Blob.of(raw.getvalue()), f"image/{form.lower()}")
    assert (pictures["PNG"], len(pictures["JPEG"])) == ("", 28)
