"""Settings: one rule for all of them. `a.b_c` = `CHATSIM_A__B_C` = `--set a.b_c=V` = TOML `[a] b_c`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

MOST: Final = 10_000_000_000
"""No number is larger: as seconds that is three hundred years, so that nothing ends after the calendar does."""

Value = str | int | float | bool | None | list[Any] | dict[str, Any]


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting. `type` is `str`, `int`, `float`, `bool`, `list` or `map`; `default` may be None: not set.

    A name may hold one `*` segment (`kobil.services.*.callback_url`), which stands for any text, dots included.
    `check` says what is wrong with a value of the right type, empty if nothing is. `least` bounds numbers.
    """

    name: str
    type: str
    title: str
    default: Value = None
    least: float | None = None
    choices: tuple[str, ...] = ()
    check: Callable[[Any], str] | None = None


_TYPES: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "list": (list,),
    "map": (dict,),
}


class SettingError(ValueError):
    """A setting that does not exist or cannot have this value; the text says which do and can."""


class Settings:
    """All registered settings and the values the server was started with; worlds lay their own on top."""

    def __init__(self, settings: Iterable[Setting]) -> None:
        self.all: dict[str, Setting] = {}
        for setting in settings:
            if setting.name in self.all:
                raise ValueError(f"two settings are named {setting.name}")
            self.all[setting.name] = setting
        parted = ((name.partition("*"), one) for name, one in self.all.items())
        self._patterns = [(head, tail, one) for (head, star, tail), one in parted if star]
        self.values: dict[str, Any] = {name: one.default for name, one in self.all.items() if "*" not in name}

    def find(self, name: str) -> Setting | None:
        """Return the setting of that name, also where it fits a pattern."""
        if (found := self.all.get(name)) is not None:
            return found
        for head, tail, setting in self._patterns:  # `a.*.b` fits `a.x.b` and `a.x.y.b`, not `a..b`
            if len(name) > len(head) + len(tail) and name.startswith(head) and name.endswith(tail):
                return setting
        return None

    def check(self, name: str, value: Any) -> Any:
        """Return `value` if setting `name` can have it.

        Raises:
            SettingError: unknown name, wrong type, or a value the setting refuses.
        """
        setting = self.find(name)
        if setting is None:
            raise SettingError(f"there is no setting {name!r}; there are: {', '.join(sorted(self.all))}")
        if value is None and setting.default is None:
            return None
        types = _TYPES[setting.type]
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise SettingError(f"{name} wants {setting.type}, not {value!r}")
        if setting.least is not None and isinstance(value, (int, float)) and value < setting.least:
            raise SettingError(f"{name} is at least {setting.least:g}, not {value!r}")
        if isinstance(value, (int, float)) and not -MOST <= value <= MOST:  # NaN too
            raise SettingError(f"{name} is at most {MOST:,}, not {value!r:.60}")
        if isinstance(value, list) and setting.check is None and not all(isinstance(one, str) for one in value):
            raise SettingError(f"{name} wants a list of texts, not {value!r:.60}")
        if setting.choices and value not in setting.choices:
            raise SettingError(f"{name} is one of {', '.join(setting.choices)}, not {value!r}")
        if setting.check is not None and (problem := setting.check(value)):
            raise SettingError(f"{name}: {problem}")
        return value

    def parse(self, name: str, text: str) -> Any:
        """Read a value from a command line or the environment; lists and maps are JSON, a list also `a,b`.

        Raises:
            SettingError: as `check`.
        """
        setting = self.find(name)
        if setting is None or setting.type == "str":
            return self.check(name, text)
        if setting.type == "list" and not text.lstrip().startswith("["):
            return self.check(name, [word.strip() for word in text.split(",") if word.strip()])
        try:
            value = json.loads(text.lower() if setting.type == "bool" else text)
        except ValueError:
            raise SettingError(f"{name} wants {setting.type}, not {text!r}") from None
        return self.check(name, value)

    def set(self, name: str, value: Any) -> None:
        """Set a start-up value.

        Raises:
            SettingError: as `check`.
        """
        self.values[name] = self.check(name, value)

    def environment_name(self, variable: str) -> str | None:
        """Return the setting that `CHATSIM_A__B_C` names, or None where none does."""
        head, _, rest = variable.removeprefix("CHATSIM_").partition("__")
        if not rest:
            return None
        name = ".".join([head, *rest.split("__")]).lower()
        return name if self.find(name) is not None else None
