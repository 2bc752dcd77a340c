"""Each format: what it takes and what it does not."""

import pytest

from chatsim.core.formats import FORMATS

GOOD = {
    "byte": ["", "QQ==", "QUI=", "QUJD", "+/+/"],
    "date": ["2024-02-29", "0001-01-01"],
    "date-time": [
        "2023-12-04T08:15:30Z",
        "1990-12-31t23:59:60z",
        "1990-12-31T15:59:60-08:00",
        "2024-01-01T00:00:00.123456789+01:00",
    ],
    "email": ["a@example.org", "a.b+c@localhost", '"a b"@example.org'],
    "hostname": ["localhost", "a-b.example", "1.example"],
    "ipv4": ["127.0.0.1", "255.255.255.255"],
    "ipv6": ["::1", "2001:db8::192.0.2.1"],
    "time": ["08:15:30Z", "08:15:30.5+09:00", "08:59:60+09:00"],
    "uri": ["https://example.org/a%20b?c#d", "urn:isbn:1", "mailto:a@example.org", "http://[::1]:80/"],
    "uuid": ["e4c2b1a0-0000-4000-8000-00000000000F", "00000000-0000-0000-0000-000000000000"],
}
BAD = {
    "byte": ["Q", "QQ", "QQ=", "====", "Q===", "QU JD", "QU-_"],
    "date": ["2023-02-29", "2023-1-1", "20230101", "0000-01-01", "2023-W01-1", "2023-01-01\n"],
    "date-time": [
        "2023-12-04",
        "2023-12-04 08:15:30Z",
        "2023-12-04T08:15:30",
        "1990-12-31T22:59:60Z",
        "2023-12-04T24:00:00Z",
    ],
    "email": ["", "a", "@example.org", "a@", "a..b@example.org", "a@-example", f"{'a' * 65}@example.org"],
    "hostname": ["", "-a", "a-", "a..b", "a_b", "a.", f"{'a' * 64}", "é.example"],
    "ipv4": ["127.0.0", "01.0.0.1", "256.0.0.1", "127.0.0.1 ", "١.0.0.1"],
    "ipv6": ["", ":", "1::2::3", "fe80::1%eth0"],
    "time": ["08:15:30", "8:15:30Z", "08:60:00Z", "23:59:60+01:00"],
    "uri": ["", "/a", "a", "http://a b", "http://%zz", "http://é", "1:a"],
    "uuid": ["", "e4c2b1a0000040008000000000000000", "g4c2b1a0-0000-4000-8000-000000000000"],
}


def test_every_format_is_tried() -> None:
    """A format without cases is a forgotten one."""
    assert GOOD.keys() == BAD.keys() == FORMATS.keys()


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in GOOD.items() for text in texts])
def test_taken(name: str, text: str) -> None:
    """These are of the format."""
    assert FORMATS[name](text)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BAD.items() for text in texts])
def test_refused(name: str, text: str) -> None:
    """These are not."""
    assert not FORMATS[name](text)
