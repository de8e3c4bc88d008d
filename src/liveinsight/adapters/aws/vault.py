"""A vault in S3, or in what speaks its language (`AWS_ENDPOINT_URL_S3`).

S3 compares what arrives with the checksum that is told, and keeps nothing of what differs.
"""

import base64
import hashlib
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from liveinsight.domain.errors import Misconfigured


class S3(Protocol):
    """What is asked of S3."""

    def list_objects_v2(self, **request: Any) -> dict[str, Any]: ...
    def get_object(self, **request: Any) -> dict[str, Any]: ...
    def put_object(self, **request: Any) -> dict[str, Any]: ...
    def delete_object(self, **request: Any) -> dict[str, Any]: ...


class S3Vault:
    """The port `Vault`."""

    def __init__(self, s3: S3, bucket: str, prefix: str = "") -> None:
        self._s3 = s3
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    def sizes(self) -> Mapping[str, int]:
        """What is there."""
        found: dict[str, int] = {}
        request = {"Bucket": self._bucket, "Prefix": self._prefix}
        with self._asked():
            while True:
                page = self._s3.list_objects_v2(**request)
                for told in page.get("Contents", ()):
                    found[told["Key"].removeprefix(self._prefix)] = told["Size"]
                if not page.get("IsTruncated"):
                    return found
                request["ContinuationToken"] = page["NextContinuationToken"]

    def put(self, key: str, path: str) -> None:
        """One request: a file of ours is far from the 5 GB that one may hold."""
        with Path(path).open("rb") as content, self._asked():
            checksum = _checksum(hashlib.file_digest(content, "sha256").digest())
            content.seek(0)
            self._s3.put_object(**self._named(key), Body=content, ChecksumSHA256=checksum)

    def write(self, key: str, body: bytes) -> None:
        """The same with something short."""
        checksum = _checksum(hashlib.sha256(body).digest())
        with self._asked():
            self._s3.put_object(**self._named(key), Body=body, ChecksumSHA256=checksum)

    def get(self, key: str, path: str) -> None:
        """Copy an object to a path."""
        with self._asked(), Path(path).open("wb") as file:
            body = self._s3.get_object(**self._named(key))["Body"]
            shutil.copyfileobj(body, file, 1 << 20)

    def read(self, key: str) -> bytes:
        """All of something short."""
        with self._asked():
            told: bytes = self._s3.get_object(**self._named(key))["Body"].read()
        return told

    def remove(self, key: str) -> None:
        """Remove it."""
        with self._asked():
            self._s3.delete_object(**self._named(key))

    @contextmanager
    def _asked(self) -> Iterator[None]:
        """What S3 refuses is told with its own words."""
        from botocore.exceptions import (  # noqa: PLC0415 - only where there is AWS
            BotoCoreError,
            ClientError,
        )

        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise Misconfigured(f"s3://{self._bucket}/{self._prefix}: {error}") from error

    def _named(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + key}


def _checksum(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
