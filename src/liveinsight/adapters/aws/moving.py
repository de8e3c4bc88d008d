"""The port `Movable` of the AWS home: the bucket and the control table, from somebody's machine."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import Any, BinaryIO, cast

from msgspec.structs import replace

from liveinsight.adapters.aws.client import DynamoDb, error_code, pages
from liveinsight.adapters.aws.control import DynamoControl
from liveinsight.adapters.aws.keys import Item
from liveinsight.adapters.aws.lake import S3, Manifest, Raced, S3Lake
from liveinsight.adapters.aws.sealer import DynamoSealer
from liveinsight.domain.errors import Unavailable
from liveinsight.domain.holding import Holding, KeptSalt
from liveinsight.domain.lake import LakeFile

BLOCK_BYTES = 1 << 20
# The scheduled sealer may be faster; it takes seconds.
TRIES = 5


class AwsMovable:
    """Reads and changes what Terraform made."""

    def __init__(
        self,
        s3: S3,
        dynamodb: DynamoDb,
        *,
        bucket: str,
        table: str,
        lake: S3Lake,
        control: DynamoControl,
        sealer: DynamoSealer,
        now_ms: Callable[[], int],
    ) -> None:
        self._s3 = s3
        self._dynamodb = dynamodb
        self._bucket = bucket
        self._table = table
        self._lake = lake
        self._control = control
        self._sealer = sealer
        self._now_ms = now_ms

    def seal(self) -> None:
        """What the events table holds goes into files."""
        for _ in range(TRIES):
            if not self._sealer.seal(self._now_ms(), all_of_it=True).raced:
                return
        raise Unavailable("Others seal all the time: move again.", retry_after_s=60)

    def holding(self) -> Holding:
        """What is there now."""
        manifest = self._lake.manifest()
        return Holding(
            manifest.files,
            manifest.generation,
            tuple(self._control.sites()),
            tuple(self._control.keys()),
            tuple(self._salts()),
            manifest.drops,
        )

    @contextmanager
    def read(self, file: LakeFile) -> Iterator[BinaryIO]:
        """A file's content, copied here first: its reader may be slow."""
        with TemporaryFile() as content:
            for block in self._blocks(file):
                content.write(block)
            content.seek(0)
            yield cast("BinaryIO", content)

    def has(self, file: LakeFile) -> bool:
        """Whether it lies here, byte for byte."""
        try:
            told = self._s3.head_object(Bucket=self._bucket, Key=file.name)
        except Exception as error:
            if error_code(error) not in {"404", "NoSuchKey", "NotFound"}:
                raise
            return False
        if told["ContentLength"] != file.size_bytes:
            return False
        digest = hashlib.blake2b(digest_size=16)
        for block in self._blocks(file):
            digest.update(block)
        return digest.hexdigest() == file.digest

    def put(self, file: LakeFile, content: BinaryIO) -> None:
        """Lay a file down; nothing names it yet."""
        self._s3.put_object(Bucket=self._bucket, Key=file.name, Body=content)

    def adopt(self, holding: Holding, gone: Sequence[LakeFile]) -> None:
        """Have all of it count."""
        for site in holding.sites:
            self._control.put_site(site)
        for key in holding.keys:
            self._control.put_key(key)
        for salt in holding.salts:
            self._put_salt(salt)
        for _ in range(TRIES):
            before = self._lake.manifest()
            try:
                self._lake.swap(before, self._with(before, holding, gone))
            except Raced:
                continue
            return
        raise Unavailable("Others seal all the time: move again.", retry_after_s=60)

    def _with(self, before: Manifest, holding: Holding, gone: Sequence[LakeFile]) -> Manifest:
        left = {file.name for file in (*holding.files, *gone)}
        if any(file.site in holding.site_ids and file.name not in left for file in before.files):
            raise Unavailable(
                "Somebody sealed these sites meanwhile: move again.", retry_after_s=60
            )
        return replace(
            before,
            # Names that came with the files are used, too.
            generation=max(before.generation, holding.generation) + 1,
            files=(*(file for file in before.files if file.name not in left), *holding.files),
            gone=(*before.gone, *((file.name, self._now_ms()) for file in gone)),
            drops=(
                *(drop for drop in before.drops if drop[0] not in holding.site_ids),
                *holding.drops,
            ),
        )

    def _blocks(self, file: LakeFile) -> Iterator[bytes]:
        body: Any = self._s3.get_object(Bucket=self._bucket, Key=file.name)["Body"]
        while block := body.read(BLOCK_BYTES):
            yield block

    def _salts(self) -> Iterator[KeptSalt]:
        for item in pages(
            self._dynamodb,
            TableName=self._table,
            KeyConditionExpression="kind = :kind",
            ExpressionAttributeValues={":kind": {"S": "salt"}},
        ):
            expires_ms = int(item["ttl"]["N"]) * 1000
            site, _, day = str(item["name"]["S"]).partition("/")
            if expires_ms > self._now_ms():
                yield KeptSalt(site, day, cast("bytes", item["value"]["B"]), expires_ms)

    def _put_salt(self, salt: KeptSalt) -> None:
        """One that is there already has made visitors: it stays."""
        item: Item = {
            "kind": {"S": "salt"},
            "name": {"S": f"{salt.site}/{salt.day}"},
            "value": {"B": salt.value},
            "ttl": {"N": str(salt.expires_ms // 1000)},
        }
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression="attribute_not_exists(kind)",
            )
        except Exception as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
