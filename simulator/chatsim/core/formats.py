"""The formats that schemas may name, each one a function of a string, the same for both validators.

The two that answers are full of remember what they were asked last: the same few moments and addresses, mostly.

`int32` and `int64` are about numbers, for which one validator never asks a format: they are bounds instead.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from types import MappingProxyType
from typing import Final

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME: Final = re.compile(
    r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)(?:\.[0-9]+)?(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))"
)
_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOSTNAME: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL_PART: Final = re.compile(rf'{_ATOM}(?:\.{_ATOM})*|"(?:[ !#-\[\]-~]|\\[ -~])*"')
_OCTET: Final = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4: Final = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]*={0,2}")


def is_date(text: str) -> bool:
    """RFC 3339 full-date, a day that the calendar has."""
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_time(text: str) -> bool:
    """RFC 3339 full-time with its offset; a leap second only where UTC has one, at 23:59:60."""
    found = _TIME.fullmatch(text)
    if not found:
        return False
    hour, minute, second, sign, offset_hour, offset_minute = found.groups()
    if second != "60":
        return True
    offset = 60 * int(offset_hour or 0) + int(offset_minute or 0)
    utc = 60 * int(hour) + int(minute) - (-offset if sign == "-" else offset)
    return utc % (24 * 60) == 23 * 60 + 59


@lru_cache(maxsize=4096)
def is_date_time(text: str) -> bool:
    """RFC 3339 date-time, `T` and `Z` in either case."""
    return text[10:11] in ("T", "t") and is_date(text[:10]) and is_time(text[11:])


def is_uuid(text: str) -> bool:
    """RFC 4122 with hyphens, of any version and in either case."""
    return _UUID.fullmatch(text) is not None


@lru_cache(maxsize=4096)
def is_uri(text: str) -> bool:
    """RFC 3986: begins with a scheme and holds only characters that a URI may hold."""
    return _URI.fullmatch(text) is not None


def is_hostname(text: str) -> bool:
    """RFC 1123: dotted labels of letters, digits and inner hyphens."""
    return len(text) <= 253 and _HOSTNAME.fullmatch(text) is not None


def is_email(text: str) -> bool:
    """RFC 5321 Mailbox whose domain is a host name."""
    local, at, domain = text.rpartition("@")
    return bool(at) and len(local) <= 64 and _LOCAL_PART.fullmatch(local) is not None and is_hostname(domain)


def is_ipv4(text: str) -> bool:
    """Four decimal octets without leading zeros."""
    return _IPV4.fullmatch(text) is not None


def is_ipv6(text: str) -> bool:
    """RFC 4291 text form, without a zone."""
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return "%" not in text


def is_byte(text: str) -> bool:
    """RFC 4648 base64 with padding and without line breaks."""
    return len(text) % 4 == 0 and _BASE64.fullmatch(text) is not None


FORMATS: Final[Mapping[str, Callable[[str], bool]]] = MappingProxyType(
    {
        "byte": is_byte,
        "date": is_date,
        "date-time": is_date_time,
        "email": is_email,
        "hostname": is_hostname,
        "ipv4": is_ipv4,
        "ipv6": is_ipv6,
        "time": is_time,
        "uri": is_uri,
        "uuid": is_uuid,
    }
)

BOUNDS: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
)
"""The formats of numbers, as the smallest and the greatest value."""
