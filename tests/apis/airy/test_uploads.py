"""Uploaded files: the address that is given for each can be fetched, whatever the file is called."""

from __future__ import annotations

from urllib.parse import unquote, urljoin

import pytest
from desk import Desk
from proofs import Ask, DeskClient

from chatsim.core.json import decode, encode
from chatsim.core.snapshot import read, restore, take

NAMES = {
    "picture.png": "picture.png",
    "a picture.png": "a picture.png",
    "50%.png": "50%.png",
    "a%2Fb": "a%2Fb",
    "%2e%2e": "%2e%2e",
    "a?b#c;d": "a?b#c;d",
    "日本語.png": "日本語.png",
    ".hidden": ".hidden",
    "..": "file",
    ".": "file",
    "...": "file",
    "": "file",
    " ": "file",
    "\0": "file",
    "../..": "file",
    "..\\..": "file",
    "C:\\Users\\ada\\cat.png": "cat.png",
    "/home/ada/cat.png": "cat.png",
    "ada/": "file",
    "a\0b\tc\x7f\u2028.png": "abc.png",
    "\udcff.png": "\ufffd.png",
    "x" * 5000 + ".png": "x" * 96 + ".png",
}


def upload(filename: str) -> Ask:
    """The request that uploads a file of this name."""
    return Ask(method="POST", target="/media.upload", parts=[("file", filename, "image/png", b"\x89PNG")])


@pytest.mark.parametrize(("filename", "shown"), NAMES.items())
def test_the_address_ends_with_the_name(desk: Desk, filename: str, shown: str) -> None:
    """With as much of it as an address can carry; clients normalise nothing away, and find the file there."""
    desk.make_world("a")
    client = DeskClient(desk, "a")
    answer = client.send(upload(filename))
    url = answer.data["media_url"]
    assert (answer.status, answer.bug, unquote(url.rpartition("/")[2])) == (200, "", shown)
    assert urljoin(url, url) == url
    found = client.ask("GET", url[url.index("/media.upload/") :])
    assert (found.status, found.body, found.bug) == (200, b"\x89PNG", "")


@pytest.mark.parametrize("filename", ["\udcff.png", "\0", ".."])
def test_any_name_goes_into_a_snapshot(desk: Desk, filename: str) -> None:
    """It is written and read back."""
    desk.make_world("a")
    client = DeskClient(desk, "a")
    url = client.send(upload(filename)).data["media_url"]
    restore(desk.simulator.worlds["a"], read(desk.simulator, decode(encode(take(desk.simulator.worlds["a"])))))
    assert client.ask("GET", url[url.index("/media.upload/") :]).status == 200
