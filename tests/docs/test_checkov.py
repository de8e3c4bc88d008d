"""What Checkov finds in the Terraform files and we leave has a reason, one by one."""

import re

from documents import ROOT

SETTINGS = (ROOT / "terraform" / ".checkov.yaml").read_text("utf-8")
SKIPPED = [line for line in SETTINGS.splitlines() if line.lstrip().startswith("- CKV")]
A_SKIP = re.compile(r"  - (CKV2?_AWS_\d+) # (.{20,})")


def test_every_finding_that_is_left_has_its_reason():
    """A line names one check and says why it does not hold here; none is named twice."""
    assert SKIPPED
    assert [line for line in SKIPPED if not A_SKIP.fullmatch(line)] == []
    names = [A_SKIP.fullmatch(line)[1] for line in SKIPPED]
    assert len(names) == len(set(names))


def test_nothing_is_left_in_other_places():
    """No check is switched off in the files themselves, where its reason would not be seen."""
    for path in (ROOT / "terraform").glob("*.tf"):
        assert "checkov:skip" not in path.read_text("utf-8")
