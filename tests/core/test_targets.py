"""Where callbacks may go: the map and the rule about far addresses."""

from __future__ import annotations

import pytest

from chatsim.core import targets

MAP = {
    "https://miniapp.example": "http://127.0.0.1:3000",
    "https://miniapp.example/beta": "http://127.0.0.1:4000/b",
    "https://hooks.example/in?to=": "http://127.0.0.1:5000/",
}


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://miniapp.example", "http://127.0.0.1:3000"),
        ("https://miniapp.example/cb?secret=1", "http://127.0.0.1:3000/cb?secret=1"),
        ("https://miniapp.example?secret=1", "http://127.0.0.1:3000?secret=1"),
        ("https://miniapp.example/beta/x", "http://127.0.0.1:4000/b/x"),
        ("https://miniapp.example/betatest", "http://127.0.0.1:3000/betatest"),
        ("https://hooks.example/in?to=me", "http://127.0.0.1:5000/me"),
        ("https://miniapp.example.org/", "https://miniapp.example.org/"),
        ("https://miniapp.example:8443/", "https://miniapp.example:8443/"),
        ("http://miniapp.example/", "http://miniapp.example/"),
    ],
)
def test_longest_whole_prefix_is_replaced(url: str, target: str) -> None:
    """The longest prefix that ends at a part of the URL wins, the rest is kept."""
    assert targets.mapped(url, MAP) == target


def test_empty_prefix_maps_nothing() -> None:
    """An empty prefix is not a way to send everything elsewhere."""
    assert targets.mapped("http://a.example/", {"": "http://b.example"}) == "http://a.example/"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.9.9.9", "::1", "10.1.2.3", "172.31.0.1", "192.168.0.9", "fd00::1", "::ffff:10.0.0.1"],
)
def test_near_address_needs_no_permission(address: str) -> None:
    """Loopback and private networks are reached without a setting."""
    assert targets.refusal("somewhere", address, ()) is None


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "172.32.0.1", "169.254.169.254", "198.51.100.7", "2001:db8::1", "::ffff:8.8.8.8"]
)
def test_far_address_is_refused_with_the_setting(address: str) -> None:
    """Any other address is refused by a text that names the setting."""
    assert "callbacks.allow_hosts=['far.example']" in (targets.refusal("far.example", address, ()) or "")


@pytest.mark.parametrize("entry", ["far.example", "FAR.example.", "*.example", "*", "8.8.8.8"])
def test_listed_host_is_allowed(entry: str) -> None:
    """A host is allowed by name, by wildcard or by address, whatever the case."""
    assert targets.refusal("far.example", "8.8.8.8", [entry]) is None


def test_wildcard_needs_a_whole_label() -> None:
    """`*.example` does not allow `badexample`."""
    assert targets.refusal("badexample", "8.8.8.8", ["*.example"]) is not None


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/",
        "a.example/cb",
        "http://",
        "http://a:0/",
        "http://a:99999/",
        "http://[::1/",
        "",
        "http://a.example/b\r\nX-B: c",
        "http://a.example/\0",
        "http://a.example/b c",
    ],
)
def test_malformed_url_is_told(url: str) -> None:
    """What no request can be made of gets a reason."""
    assert targets.malformed(url) is not None


@pytest.mark.parametrize("url", ["http://localhost:3000/cb?a=b", "https://[::1]:1/", "HTTP://A.example"])
def test_well_formed_url_passes(url: str) -> None:
    """Addresses with port, query or capital scheme are fine."""
    assert targets.malformed(url) is None


@pytest.mark.parametrize("path", ["/_sim", "/_sim/worlds", "//_sim/x", "/a/../_sim/x", "/%5Fsim/worlds?x=1"])
def test_control_api_takes_no_callbacks(path: str) -> None:
    """A callback to the control API is refused, however its path is written."""
    assert "control API" in (targets.own_control(f"http://127.0.0.1:8080{path}") or "")


@pytest.mark.parametrize("path", ["", "/", "/_simple", "/cb?to=/_sim", "/a/_sim"])
def test_other_paths_take_callbacks(path: str) -> None:
    """Only the path of the control API is off limits."""
    assert targets.own_control(f"http://127.0.0.1:8080{path}") is None


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/",
        "http://",
        "http://@/",
        "http://:80/",
        "http://h:0/",
        "http://h:99999/",
        "http://[::1",
        "http://./",
        "http://xn--.example/",
        "http://xn--zzzzzzzz.test/",
        "http://a\u200d.example/",
        "http://127.0.0.1:80\\@a.example/",
        "http://a.example/\r\nb",
    ],
)
def test_what_nothing_can_be_posted_to(url: str) -> None:
    """It is called by its name before anybody relies on it."""
    assert repr(url) in (targets.malformed(url) or "")


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:3000/cb?a=b",
        "https://bücher.example",
        "http://xn--bcher-kva.example",
        "http://[::1]:80/",
        "HTTP://a_b",
    ],
)
def test_what_can_be_posted_to(url: str) -> None:
    """Names of all kinds are none of our business."""
    assert targets.malformed(url) is None
