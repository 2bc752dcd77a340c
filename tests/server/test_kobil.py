"""Uploads and downloads on the wire: forms are spooled, files come back whole or in parts."""

from __future__ import annotations

import gc
import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from desk import Served, serve
from kobil_desk import SERVICE, USERS, issue, text

from chatsim.apis.kobil import API
from chatsim.core.json import encode
from chatsim.server.assembly import assemble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MEDIA = f"{USERS}/44444444444/media"
MEBIBYTE = 1024 * 1024


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
async def kobil(spool: Path) -> AsyncIterator[Served]:
    """KOBIL on a free port."""
    async with serve(assemble(apis=[API])) as running:
        yield running


@pytest.fixture
async def client(kobil: Served) -> AsyncIterator[aiohttp.ClientSession]:
    """A service with its token."""
    token = issue(kobil.world, SERVICE, "flutter", kobil.world.clock.now())
    async with aiohttp.ClientSession(kobil.base_url, headers={"Authorization": f"Bearer {token}"}) as session:
        yield session


def form(content: bytes, filename: str = "file.jpg", content_type: str = "image/jpeg") -> aiohttp.FormData:
    """The two parts of an attachment."""
    data = aiohttp.FormData(quote_fields=False)
    data.add_field("attachment", io.BytesIO(content), filename=filename, content_type=content_type)
    data.add_field("message", encode(text(messageType="attachmentMessage")).decode())
    return data


def sizes(folder: Path) -> list[int]:
    """The sizes of the files in a folder."""
    return [file.stat().st_size for file in folder.iterdir()]


async def upload(client: aiohttp.ClientSession, kobil: Served, content: bytes, **given: Any) -> str:
    """Send a file and return the path of its download."""
    async with client.post(MEDIA, data=form(content, **given)) as answer:
        assert answer.status == 200, await answer.text()
        message = (await answer.json())["messageId"]
    media = kobil.world.state("kobil").messages[message].media
    return f"/v1/mpower/tenants/flutter/media/{media}/download"


async def test_small_file_stays_in_memory(client: aiohttp.ClientSession, kobil: Served, spool: Path) -> None:
    """Up to a mebibyte nothing is written to disk, and the bytes come back with type and name."""
    path = await upload(client, kobil, b"x" * MEBIBYTE, filename="Über uns.jpg")
    async with client.get(path) as answer:
        assert (answer.status, len(await answer.read()), sizes(spool)) == (200, MEBIBYTE, [])
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["Content-Disposition"].endswith("filename*=UTF-8''%C3%9Cber%20uns.jpg")


async def test_large_file_is_spooled(client: aiohttp.ClientSession, kobil: Served, spool: Path) -> None:
    """A larger one lies in a temporary file and comes back byte for byte."""
    content = bytes(range(256)) * 4097 * 2
    path = await upload(client, kobil, content)
    assert sizes(spool) == [len(content)]
    async with client.get(path) as answer:
        assert await answer.read() == content


async def test_temporary_file_goes_with_the_world(client: aiohttp.ClientSession, kobil: Served, spool: Path) -> None:
    """A reset leaves no file behind."""
    await upload(client, kobil, b"x" * (2 * MEBIBYTE))
    kobil.world.reset()
    gc.collect()
    assert sizes(spool) == []


async def test_refused_upload_leaves_no_file(client: aiohttp.ClientSession, spool: Path) -> None:
    """A file whose message is refused is removed."""
    data = aiohttp.FormData()
    data.add_field("attachment", io.BytesIO(b"x" * (2 * MEBIBYTE)), filename="a.jpg", content_type="image/jpeg")
    data.add_field("message", "free text")
    async with client.post(MEDIA, data=data) as answer:
        assert answer.status == 400
    gc.collect()
    assert sizes(spool) == []


async def test_limit_is_a_setting(client: aiohttp.ClientSession, kobil: Served, spool: Path) -> None:
    """A form beyond kobil.max_upload_bytes is too large."""
    kobil.world.settings["kobil.max_upload_bytes"] = 3 * MEBIBYTE
    async with client.post(MEDIA, data=form(b"x" * (3 * MEBIBYTE))) as answer:
        assert (answer.status, await answer.json()) == (413, {"error": "HTTP 413 Request Entity Too Large"})
    gc.collect()
    assert sizes(spool) == []


@pytest.mark.parametrize(
    ("asked", "status", "content", "content_range"),
    [
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=1-2,4-5", 200, b"0123456789", None),
    ],
)
async def test_download_of_a_range(
    client: aiohttp.ClientSession, kobil: Served, asked: str, status: int, content: bytes, content_range: str | None
) -> None:
    """One range of bytes is served as such."""
    path = await upload(client, kobil, b"0123456789")
    async with client.get(path, headers={"Range": asked}) as answer:
        assert (answer.status, await answer.read(), answer.headers.get("Content-Range")) == (
            status,
            content,
            content_range,
        )


async def test_range_of_a_changed_file_is_the_whole_file(client: aiohttp.ClientSession, kobil: Served) -> None:
    """If-Range with another tag asks for everything."""
    path = await upload(client, kobil, b"0123456789")
    async with client.get(path, headers={"Range": "bytes=2-4", "If-Range": '"other"'}) as answer:
        assert (answer.status, await answer.read()) == (200, b"0123456789")


async def test_head_of_a_download_has_no_body(client: aiohttp.ClientSession, kobil: Served) -> None:
    """HEAD tells length and type."""
    path = await upload(client, kobil, b"0123456789")
    async with client.head(path) as answer:
        assert (answer.status, answer.headers["Content-Length"], await answer.read()) == (200, "10", b"")


@pytest.mark.parametrize(
    "filename", ["../../etc/passwd", 'a"b.jpg', "a;b=c.jpg", "C:\\temp\\a.jpg", "日本.jpg", "a\tb.jpg"]
)
async def test_file_name_is_kept_and_harmless(client: aiohttp.ClientSession, kobil: Served, filename: str) -> None:
    """The name is kept byte for byte; on download it has no path and breaks no header."""
    path = await upload(client, kobil, b"x", filename=filename)
    [media] = kobil.world.state("kobil").media.values()
    async with client.get(path) as answer:
        sent = answer.headers["Content-Disposition"]
    assert (media.file_name, "/" in sent.partition("'")[0], "\\" in sent) == (filename, False, False)


async def test_browser_may_download(client: aiohttp.ClientSession, kobil: Served) -> None:
    """A page of another origin gets the CORS headers, and may read the name."""
    path = await upload(client, kobil, b"x")
    async with client.get(path, headers={"Origin": "https://miniapp.example"}) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Content-Disposition" in answer.headers["Access-Control-Expose-Headers"]


async def test_broken_form_is_refused(client: aiohttp.ClientSession) -> None:
    """A form without its last delimiter is 400, and the connection stays usable."""
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    async with client.post(MEDIA, data=b"--x\r\nContent-Disposition: form-data", headers=headers) as answer:
        assert (answer.status, "last delimiter" in (await answer.json())["error"]) == (400, True)
    async with client.post(MEDIA, data=b"{}", headers={"Content-Type": "application/json"}) as answer:
        assert answer.status == 415


async def test_file_may_have_an_extended_name_only(kobil: Served, client: aiohttp.ClientSession) -> None:
    """As older HTTP libraries write names beyond ASCII."""
    raw = (
        b"--x\r\nContent-Disposition: form-data; name=\"attachment\"; filename*=utf-8''%C3%9Cber%20uns.jpg\r\n"
        b"Content-Type: image/jpeg\r\n\r\nx\r\n"
        b'--x\r\nContent-Disposition: form-data; name="message"\r\n\r\n'
        + encode(text(messageType="attachmentMessage"))
        + b"\r\n--x--\r\n"
    )
    async with client.post(MEDIA, data=raw, headers={"Content-Type": "multipart/form-data; boundary=x"}) as answer:
        assert answer.status == 200, await answer.text()
    [media] = kobil.world.state("kobil").media.values()
    assert media.file_name == "Über uns.jpg"


async def test_users_file_is_as_long_as_a_services(kobil: Served, client: aiohttp.ClientSession) -> None:
    """The trigger takes what the API takes, by the settings of the world in its path."""
    await client.put("/_sim/worlds/small", json={"settings": {"kobil.max_upload_bytes": MEBIBYTE}})
    statuses = []
    for world in ("default", "small"):
        await client.put(f"/_sim/worlds/{world}/kobil/services/{SERVICE}", json={"callback_url": "http://127.0.0.1:1"})
        data = aiohttp.FormData({"tenant": "flutter", "user": "ann", "service": SERVICE})
        data.add_field("file", io.BytesIO(bytes(2 * MEBIBYTE)), filename="film.mp4", content_type="video/mp4")
        async with client.post(f"/_sim/worlds/{world}/kobil/send-attachment", data=data) as answer:
            statuses.append(answer.status)
    assert statuses == [200, 413]
