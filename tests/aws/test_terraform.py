"""Terraform's own tests, with a provider that is only pretended: no account, no emulator."""


def test_it_is_formatted(deployment):
    """`terraform fmt` would change nothing."""
    told = deployment.wait_for_own_tests().format
    assert told.returncode == 0, told.stdout


def test_its_own_tests_pass(deployment):
    """Names, keys, policies, alarms, and settings that are refused (terraform/tests)."""
    told = deployment.wait_for_own_tests().test
    assert told.returncode == 0, told.stdout + told.stderr
    assert "0 failed" in told.stdout
