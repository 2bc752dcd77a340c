"""Where schemas and fixtures are found: inside an installed package, else beside it, else a clear error."""

from pathlib import Path

import pytest

from chatsim.core import data


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package's place in a checkout, with no data anywhere yet."""
    place = tmp_path / "simulator" / "chatsim"
    place.mkdir(parents=True)
    monkeypatch.setattr(data, "PACKAGE", place)
    return place


def test_checkout_has_both_folders() -> None:
    """This checkout's own folders are found."""
    assert data.schemas().is_dir()
    assert data.fixtures().is_dir()


def test_installed_folder_wins(package: Path, tmp_path: Path) -> None:
    """A folder inside the package is taken before one beside it."""
    (tmp_path / "schemas").mkdir()
    (package / "_data" / "schemas").mkdir(parents=True)
    assert data.schemas() == package / "_data" / "schemas"


def test_checkout_folder_is_the_second_choice(package: Path, tmp_path: Path) -> None:
    """Without an installed folder the one at the checkout's root is taken."""
    (tmp_path / "fixtures").mkdir()
    assert not (package / "_data").exists()
    assert data.fixtures() == tmp_path / "fixtures"


def test_missing_names_both_places(package: Path, tmp_path: Path) -> None:
    """With neither, the error names both places that were looked at."""
    with pytest.raises(data.DataMissing) as raised:
        data.schemas()
    assert str(package / "_data" / "schemas") in str(raised.value)
    assert str(tmp_path / "schemas") in str(raised.value)
