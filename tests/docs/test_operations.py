"""What rings has a page, and what a script sends people to is there."""

import re

import pytest

from documents import ROOT

MONITORING = (ROOT / "terraform" / "monitoring.tf").read_text("utf-8")
SCRIPTS = "".join(path.read_text("utf-8") for path in sorted((ROOT / "scripts").glob("*.sh")))
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
ANCHORS = {
    heading.lower().replace(" ", "-") for heading in re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
}
ALARMS = re.findall(r"alarm_description\s*=\s*\"(.+)\"", MONITORING)


def pages(text):
    """The anchors that it names; one alarm is made for each of 4xx and 5xx."""
    named = re.findall(r"docs/operations\.md#([\w${}.-]+)", text)
    return {one.replace("${each.key}", kind) for one in named for kind in ("4xx", "5xx")}


@pytest.mark.parametrize("description", ALARMS)
def test_every_alarm_has_a_page(description):
    """An alarm's mail names a page of docs/operations.md, which is there."""
    assert pages(description)
    assert pages(description) <= ANCHORS


def test_scripts_send_people_to_pages_that_are_there():
    """What a script that failed names can be read."""
    assert pages(SCRIPTS)
    assert pages(SCRIPTS) <= ANCHORS
