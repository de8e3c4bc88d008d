"""`liveinsight person`: accounts from the command line, also while a server runs."""

import json

from typer.testing import CliRunner

from liveinsight.entrypoints.cli import app

PASSWORD = "a sentence is best"


def run(folder, *words, typed=""):
    """The exit code and what was printed."""
    told = CliRunner().invoke(app, ["person", *words, "--data-dir", str(folder)], input=typed)
    return told.exit_code, told.stdout


def test_people_come_and_go(tmp_path):
    """Added with a role, listed, given a password and removed; the last owner stays."""
    twice = f"{PASSWORD}\n{PASSWORD}\n"
    assert run(tmp_path, "add", "Owner@shop.example", "--role", "owner", typed=twice)[0] == 0
    assert run(tmp_path, "add", "v@shop.example", "--role", "viewer", typed=twice)[0] == 0
    assert run(tmp_path, "add", "v@shop.example", "--role", "viewer", typed=twice)[0] == 1
    _, told = run(tmp_path, "list", "--json")
    assert json.loads(told) == [
        {"email": "owner@shop.example", "role": "owner"},
        {"email": "v@shop.example", "role": "viewer"},
    ]
    assert run(tmp_path, "password", "v@shop.example", typed=twice)[0] == 0
    assert run(tmp_path, "remove", "v@shop.example")[0] == 0
    assert run(tmp_path, "remove", "owner@shop.example")[0] == 1
    assert run(tmp_path, "password", "nobody@shop.example", typed=twice)[0] == 1


def test_a_short_password_is_refused(tmp_path):
    """Ten characters at least, as on the page."""
    assert run(tmp_path, "add", "o@shop.example", "--role", "owner", typed="short\nshort\n")[0] == 1
