"""The lake in S3: Parquet files, and the manifest that says which of them count.

A file's name is never used twice, so writing is safe at any time; what was written counts when one
conditional write has swapped the pointer to the manifest in the control table. Of two who seal at
once one wins, and the other's files are named by nothing.
"""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from liveinsight.adapters.aws.client import DynamoDb, error_code
from liveinsight.domain.errors import Unavailable
from liveinsight.domain.lake import LakeFile
from liveinsight.domain.period import HOUR_MS

POINTER = {"kind": {"S": "lake"}, "name": {"S": "manifest"}}
# Readers that began with the manifest before may still fetch what it named.
KEEP_GONE_MS = HOUR_MS


class S3(Protocol):
    """What is asked of S3."""

    def get_object(self, **request: Any) -> dict[str, Any]: ...
    def head_object(self, **request: Any) -> dict[str, Any]: ...
    def put_object(self, **request: Any) -> dict[str, Any]: ...
    def delete_object(self, **request: Any) -> dict[str, Any]: ...


class Manifest(msgspec.Struct, frozen=True):
    """The lake at one moment: its files; up to when events were read, and when all of them."""

    generation: int = 0
    sealed_ms: int = 0
    swept_ms: int = 0
    files: tuple[LakeFile, ...] = ()
    gone: tuple[tuple[str, int], ...] = ()  # replaced files, and when
    # What another home told that was moved here: (site, day, reason, how often). The functions of
    # this one count what is not kept in their logs.
    drops: tuple[tuple[str, str, str, int], ...] = ()


class Raced(Exception):
    """Somebody else sealed meanwhile; the next run sees it."""


class S3Lake:
    """Reads and changes the lake. Files are copied to `root` when they are first read."""

    def __init__(self, s3: S3, dynamodb: DynamoDb, *, bucket: str, table: str, root: Path) -> None:
        self._s3 = s3
        self._dynamodb = dynamodb
        self._bucket = bucket
        self._table = table
        self.root = root
        self._manifest = Manifest()

    def manifest(self) -> Manifest:
        """The newest; read again only where it changed."""
        answer = self._dynamodb.get_item(TableName=self._table, Key=POINTER, ConsistentRead=True)
        item = answer.get("Item")
        if item is None:
            return Manifest()
        if int(item["generation"]["N"]) != self._manifest.generation:
            body = self._read(str(item["key"]["S"]))
            told = msgspec.json.decode(body, type=Manifest)
            here = tuple(replace(file, path=self._path(file.name)) for file in told.files)
            self._manifest = replace(told, files=here)
            self._remove_others()
        return self._manifest

    def place(self, name: str) -> str:
        """Where a file is to be written before it is published."""
        path = Path(self._path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        return str(path)

    def fetch(self, paths: Iterable[str]) -> None:
        """Have copies here of files that are about to be read."""
        for text in paths:
            path = Path(text)
            if path.is_file():
                continue
            name = path.relative_to(self.root).as_posix()
            body = self._read(name)
            known = next((file for file in self._manifest.files if file.name == name), None)
            if known is not None and known.digest not in {"", _digest(body)}:
                raise Unavailable(f"The lake's file {name} is damaged.", retry_after_s=60)
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            part.write_bytes(body)
            part.rename(path)

    def publish(
        self,
        before: Manifest,
        *,
        new: Sequence[LakeFile],
        gone: Sequence[LakeFile],
        sealed_ms: int,
        swept_ms: int,
        now_ms: int,
    ) -> Manifest:
        """Put the files down, then have them count instead of those that they replace."""
        put = tuple(self._put(file) for file in new)
        names = {file.name for file in gone}
        old = [told for told in before.gone if now_ms - told[1] >= KEEP_GONE_MS]
        after = replace(
            before,
            generation=before.generation + 1,
            sealed_ms=sealed_ms,
            swept_ms=swept_ms,
            files=(*(file for file in before.files if file.name not in names), *put),
            gone=(
                *(told for told in before.gone if told not in old),
                *((name, now_ms) for name in sorted(names)),
            ),
        )
        self.swap(before, after)
        for name, _ in old:
            self._s3.delete_object(Bucket=self._bucket, Key=name)
        return after

    def _put(self, file: LakeFile) -> LakeFile:
        body = Path(file.path).read_bytes()
        self._s3.put_object(Bucket=self._bucket, Key=file.name, Body=body)
        return replace(file, size_bytes=len(body), digest=_digest(body))

    def swap(self, before: Manifest, after: Manifest) -> None:
        """Have another manifest count, if nobody else was faster."""
        body = msgspec.json.encode(after)
        # The content is in the name: of two who race, neither writes over the other's.
        key = f"manifest/{after.generation:010d}-{_digest(body)[:12]}.json"
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body)
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item=POINTER
                | {"generation": {"N": str(after.generation)}, "key": {"S": key}}
                | {"sealed_ms": {"N": str(after.sealed_ms)}},
                ConditionExpression="attribute_not_exists(kind) OR generation = :before",
                ExpressionAttributeValues={":before": {"N": str(before.generation)}},
            )
        except Exception as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            raise Raced from None
        self._manifest = after
        self._remove_others()

    def _read(self, key: str) -> bytes:
        body: bytes = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return body

    def _path(self, name: str) -> str:
        return str(self.root / name)

    def _remove_others(self) -> None:
        """Room is small: copies of what no longer counts go."""
        named = {file.path for file in self._manifest.files}
        for path in self.root.rglob("*.parquet"):
            if str(path) not in named:
                path.unlink(missing_ok=True)


def _digest(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=16).hexdigest()
