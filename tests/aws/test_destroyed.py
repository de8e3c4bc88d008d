"""The AWS home taken down: begun beside other tests when those of the home were done, since most of
it is waiting, and looked at in the end.
"""


def test_destroying_leaves_nothing(deployed):
    """What was made is gone, as far as Terraform knows and as the emulator tells."""
    told = deployed.destroyed()
    assert told.returncode == 0, told.stdout[-2000:] + told.stderr[-2000:]
    assert deployed.terraform("state", "list").stdout == ""
    assert deployed.aws("dynamodb").list_tables()["TableNames"] == []
    assert deployed.aws("lambda").list_functions()["Functions"] == []
