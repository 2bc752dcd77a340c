"""The settings of deliveries, and what cannot be a value of them."""

from __future__ import annotations

from typing import Any, Final

from chatsim.core.settings import MOST, Setting
from chatsim.core.targets import malformed


def _waits(value: Any) -> str:
    try:
        good = all(0 <= float(wait) <= MOST for wait in value)
    except (TypeError, ValueError):
        good = False
    return "" if good else f"wants seconds, as in [1, 5, 30], not {value!r}"


def _targets(value: Any) -> str:
    return next((reason for target in value.values() if (reason := malformed(str(target)))), "")


SETTINGS: Final = (
    Setting(name="callbacks.attempts", type="int", title="How often a delivery is tried", default=1, least=1),
    Setting(
        name="callbacks.backoff_s",
        type="list",
        title="Seconds before the second, third, … attempt, on the world's clock; the last one repeats",
        default=[1, 5, 30],
        check=_waits,
    ),
    Setting(name="callbacks.timeout_s", type="float", title="How long a receiver may take", default=30, least=0.001),
    Setting(
        name="callbacks.map",
        type="map",
        title="Where public addresses lead: prefix of the URL → what replaces it",
        default={},
        check=_targets,
    ),
    Setting(
        name="callbacks.allow_hosts",
        type="list",
        title="Hosts that are called although they are neither loopback nor private; * allows all",
        default=[],
    ),
    Setting(name="callbacks.ca_file", type="str", title="PEM file of authorities that receivers' certificates have"),
)
