"""Settings: types, texts, patterns, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from chatsim.core.settings import Setting, SettingError, Settings


@pytest.fixture
def settings() -> Settings:
    """One of each type."""
    return Settings(
        [
            Setting(name="a.text", type="str", default="x", title=""),
            Setting(name="a.count", type="int", default=1, least=1, title=""),
            Setting(name="a.span_s", type="float", default=1.5, title=""),
            Setting(name="a.on", type="bool", default=False, title=""),
            Setting(name="a.keys", type="list", default=["k"], title=""),
            Setting(name="a.map", type="map", title=""),
            Setting(name="a.mode", type="str", default="x", choices=("x", "y"), title=""),
            Setting(name="a.services.*.url", type="str", title=""),
        ]
    )


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("a.text", "007", "007"),
        ("a.count", "7", 7),
        ("a.span_s", "2", 2),
        ("a.on", "True", True),
        ("a.keys", "a, b", ["a", "b"]),
        ("a.keys", '["a,b"]', ["a,b"]),
        ("a.map", '{"a":"b"}', {"a": "b"}),
        ("a.services.s-1.url", "http://x", "http://x"),
        ("a.services.shop.example.url", "http://x", "http://x"),
    ],
)
def test_a_text_becomes_a_value(settings: Settings, name: str, text: str, value: Any) -> None:
    """As its type wants it."""
    assert settings.parse(name, text) == value


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.nope", "1", "there is no setting 'a.nope'"),
        ("a.count", "x", "a.count wants int"),
        ("a.count", "true", "a.count wants int"),
        ("a.count", "0", "a.count is at least 1"),
        ("a.mode", "z", "a.mode is one of x, y"),
        ("a.services.url", "u", "there is no setting"),
        ("a.services.s-1.nope", "u", "there is no setting"),
        ("a.services..url", "u", "there is no setting"),
        ("a.servicesurl.url", "u", "there is no setting"),
    ],
)
def test_a_wrong_one_is_refused(settings: Settings, name: str, text: str, says: str) -> None:
    """The text says what is wanted."""
    with pytest.raises(SettingError, match=says):
        settings.parse(name, text)


@pytest.mark.parametrize(
    ("variable", "name"),
    [
        ("CHATSIM_A__COUNT", "a.count"),
        ("CHATSIM_A__SERVICES__S-1__URL", "a.services.s-1.url"),
        ("CHATSIM_A__SERVICES__SHOP.EXAMPLE__URL", "a.services.shop.example.url"),
        ("CHATSIM_URL", None),
        ("CHATSIM_A__NOPE", None),
    ],
)
def test_environment_names(settings: Settings, variable: str, name: str | None) -> None:
    """Two underscores stand for a dot."""
    assert settings.environment_name(variable) == name
