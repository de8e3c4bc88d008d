"""Settings that are wrong stop a start and are named; nothing is guessed."""

import pytest

from liveinsight.domain.errors import Misconfigured
from liveinsight.wiring.settings import load


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("base_url", "stats.example.com"),
        ("base_url", "ftp://stats.example.com"),
        ("allowed_origins", "https://shop.example/"),
        ("allowed_origins", "https://shop.example,shop.example"),
        ("trusted_proxies", "nobody"),
        ("nothing", "1"),
    ],
)
def test_a_wrong_one_is_named(tmp_path, name, text):
    """With what it should be like."""
    with pytest.raises(Misconfigured, match=name if name != "nothing" else "NOTHING"):
        load({"data_dir": tmp_path}, {f"LIVEINSIGHT_{name.upper()}": text})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("base_url", "https://stats.example.com"),
        ("base_url", "http://10.0.0.1:8000/stats"),
        ("allowed_origins", "*"),
        ("allowed_origins", "https://shop.example, http://localhost:3000, capacitor://localhost"),
    ],
)
def test_a_good_one_is_taken(tmp_path, name, text):
    """As it is."""
    told = getattr(load({"data_dir": tmp_path}, {f"LIVEINSIGHT_{name.upper()}": text}), name)
    assert (told if isinstance(told, str) else ", ".join(told)) == text


def test_a_folder_cannot_name_itself(tmp_path):
    """Its file lies in it; and an empty name is none."""
    (tmp_path / "liveinsight.toml").write_text('data_dir = "elsewhere"\n')
    with pytest.raises(Misconfigured, match="data_dir"):
        load({"data_dir": tmp_path}, {})
    home = {"XDG_DATA_HOME": str(tmp_path / "home")}
    told = load({}, home | {"LIVEINSIGHT_DATA_DIR": ""})
    assert told.data_dir == tmp_path / "home" / "liveinsight"
