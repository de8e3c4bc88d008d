"""The port `Vault`, in memory, on a folder and on S3: what is put is there whole, or not at all."""

import os
import resource
import signal

import pytest

from aws_home import on_moto
from liveinsight.adapters.aws.vault import S3Vault
from liveinsight.adapters.local.vault import FolderVault
from liveinsight.domain.errors import Misconfigured
from memory import MemoryVault


@pytest.fixture(scope="module")
def s3():
    with on_moto():
        from liveinsight.adapters.aws.client import connect  # noqa: PLC0415 - reads the environment

        client = connect("s3")
        client.create_bucket(Bucket="vault")
        yield client
        client.close()


@pytest.fixture(params=["memory", "folder", "s3", "s3 prefix"])
def vault(request, tmp_path):
    if request.param == "memory":
        return MemoryVault()
    if request.param == "folder":
        return FolderVault(tmp_path / "vault")
    s3 = request.getfixturevalue("s3")
    prefix = f"{tmp_path.name}/backups/" if request.param == "s3 prefix" else tmp_path.name
    return S3Vault(s3, "vault", prefix)


def test_what_is_put_is_got_back(vault, tmp_path):
    """Files and short words, listed with their sizes, read again, and removed."""
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(os.urandom(3_000_000))
    assert vault.sizes() == {}
    vault.put("lake/shop/a.parquet", str(source))
    vault.write("word.json", b"{}")
    assert vault.sizes() == {"lake/shop/a.parquet": 3_000_000, "word.json": 2}
    vault.get("lake/shop/a.parquet", str(target))
    assert target.read_bytes() == source.read_bytes()
    assert vault.read("word.json") == b"{}"
    vault.write("word.json", b"{1}")
    assert vault.read("word.json") == b"{1}"
    vault.remove("lake/shop/a.parquet")
    assert set(vault.sizes()) == {"word.json"}


def test_many_are_listed(s3):
    """A listing of S3 has pages of a thousand."""
    vault = S3Vault(s3, "vault", "many")
    for number in range(1003):
        s3.put_object(Bucket="vault", Key=f"many/{number}.json", Body=b"")
    assert len(vault.sizes()) == 1003


def test_a_full_disk_leaves_nothing_half(tmp_path):
    """What cannot be written has no name, and an earlier one of that name stays."""
    vault = FolderVault(tmp_path / "vault")
    vault.write("word.json", b"old")
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError, match="large"):
            vault.write("word.json", b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert vault.read("word.json") == b"old"
    assert list(vault.sizes()) == [path.name for path in (tmp_path / "vault").iterdir()]


def test_a_bucket_that_is_not_there_is_told(s3):
    """In the words of S3, with its name."""
    with pytest.raises(Misconfigured, match=r"s3://nowhere/.*bucket does not exist"):
        S3Vault(s3, "nowhere").sizes()
