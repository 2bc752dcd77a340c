"""The only JSON decoder and encoder: RFC 8259 over bytes, every refusal one exception.

Knows nothing of schemas or of any API's tolerance for what is not JSON.
"""

import json
from typing import Any, Final

import msgspec

MAX_DEPTH: Final = 200
"""Arrays and objects inside each other; deeper is refused before anything walks it."""
SNAPSHOT_DEPTH: Final = 2 * MAX_DEPTH
"""A snapshot holds bodies, some levels down."""

_BOM: Final = b"\xef\xbb\xbf"
_decode_fast: Final = msgspec.json.Decoder().decode
_encode_fast: Final = msgspec.json.Encoder().encode


class BadJson(ValueError):
    """The bytes are not JSON that the simulator reads; `position` is a byte offset where one is known."""

    def __init__(self, reason: str, position: int | None = None) -> None:
        where = "" if position is None else f" at byte {position}"
        super().__init__(f"{reason}{where}")
        self.reason = reason
        self.position = position


def decode(data: bytes, depth: int = MAX_DEPTH) -> Any:
    """The value of one JSON text; of a member given twice the last counts; lone surrogate escapes survive.

    Raises BadJson for anything else, also for NaN, numbers beyond a double, a BOM and more than `depth` levels.
    """
    try:
        value = _decode_fast(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # Rare, so slow is fine: it accepts lone surrogates, and words what is wrong with the rest.
        value = _decode_carefully(data, depth)
    # Too short to be too deep, or too few brackets: that settles nearly every body without a walk.
    if len(data) > 2 * depth and data.count(b"[") + data.count(b"{") > depth and _too_deep(value, depth):
        raise BadJson(f"nested deeper than {depth} levels")
    return value


def repeated(data: bytes) -> list[list[str | int]]:
    """The ways to members that a JSON text has twice, of which `decode` takes the last; the text is known to be JSON.

    Of what stands in a value that a later one replaced nothing is said.
    """
    clashes: dict[int, list[str]] = {}

    def read(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) < len(pairs):
            names = [name for name, _ in pairs]
            clashes[id(members)] = [name for name in members if names.count(name) > 1]
        return members

    value = json.loads(data, object_pairs_hook=read)
    if not clashes:
        return []
    found: list[list[str | int]] = []
    open_ones: list[tuple[list[str | int], Any]] = [([], value)]
    while open_ones:
        way, one = open_ones.pop(0)
        if isinstance(one, dict):
            found += [[*way, name] for name in clashes.get(id(one), ())]
            open_ones += [([*way, name], inner) for name, inner in one.items()]
        elif isinstance(one, list):
            open_ones += [([*way, place], inner) for place, inner in enumerate(one)]
    return found


def encode(value: Any) -> bytes:
    """Compact UTF-8; a lone surrogate, which UTF-8 cannot hold, is written as its escape."""
    try:
        return _encode_fast(value)
    except UnicodeEncodeError:
        plain = msgspec.to_builtins(value)
        text = json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode("utf-8", "backslashreplace")


def _decode_carefully(data: bytes, depth: int) -> Any:
    if data.startswith(_BOM):
        raise BadJson("begins with a byte order mark", 0)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise BadJson(f"not UTF-8 ({error.reason})", error.start) from error
    if not text.strip(" \t\r\n"):
        raise BadJson("empty, expected a JSON value", len(data))
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_integer)
    except json.JSONDecodeError as error:
        raise BadJson(error.msg, len(text[: error.pos].encode())) from error
    except RecursionError as error:
        raise BadJson(f"nested deeper than {depth} levels") from error


def _refuse_constant(name: str) -> float:
    raise BadJson(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise BadJson(f"number out of range: {_shortened(digits)}")
    return number


def _integer(digits: str) -> int:
    try:
        return int(digits)
    except ValueError as error:  # Python refuses more than 4300 digits
        raise BadJson(f"number out of range: {_shortened(digits)}") from error


def _shortened(digits: str) -> str:
    return digits if len(digits) <= 24 else f"{digits[:24]}… ({len(digits)} digits)"


def _too_deep(value: Any, depth: int) -> bool:
    """Level by level rather than recursively, so that depth itself cannot break the check."""
    level = [value]
    for _ in range(depth):
        level = [
            child
            for parent in level
            if isinstance(parent, (list, dict))
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, (list, dict))
        ]
        if not level:
            return False
    return True
