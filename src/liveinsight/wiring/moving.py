"""Moves, put together: this machine's home and the one that Terraform made on AWS."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol
from urllib.parse import urlsplit

from liveinsight.adapters.aws.client import DynamoDb, connect, plainly
from liveinsight.adapters.aws.lake import S3, S3Lake
from liveinsight.adapters.aws.moving import AwsMovable
from liveinsight.adapters.aws.sealer import DynamoSealer
from liveinsight.adapters.clock import SystemClock
from liveinsight.adapters.local.database import Folder
from liveinsight.adapters.local.moving import LocalMovable
from liveinsight.adapters.local.store.limits import Limits
from liveinsight.domain.errors import Misconfigured
from liveinsight.ports import Clock
from liveinsight.wiring.aws import Environment, Parts
from liveinsight.wiring.settings import Settings
from liveinsight.wiring.stats_api import tail_of

_BUCKET = re.compile(r"liveinsight-lake-(dev|prod)-.+")


class Functions(Protocol):
    """What is asked of Lambda."""

    def get_function_configuration(self, **request: Any) -> dict[str, Any]: ...


def environment_of(address: str) -> str:
    """The environment of a lake's address (terraform output lake_bucket)."""
    parts = urlsplit(address)
    named = _BUCKET.fullmatch(parts.netloc)
    if parts.scheme != "s3" or not named or parts.path.strip("/"):
        raise Misconfigured(
            f"{address!r} is no lake's address: it is s3:// and what "
            "`terraform -chdir=terraform output -raw lake_bucket` tells."
        )
    return named[1]


def variables_of(address: str, functions: Functions | None = None) -> dict[str, str]:
    """What Terraform told the functions of the home with that lake."""
    name = f"liveinsight-sealer-{environment_of(address)}"
    functions = functions or connect("lambda")
    told = functions.get_function_configuration(FunctionName=name, Qualifier="live")
    variables = {**told["Environment"]["Variables"]}
    if address != f"s3://{variables['LAKE_BUCKET']}":
        lake = f"s3://{variables['LAKE_BUCKET']}"
        raise Misconfigured(f"The lake of {name} is {lake}, not {address}.")
    return variables


@contextmanager
def of_aws(
    address: str,
    *,
    dynamodb: DynamoDb | None = None,
    s3: S3 | None = None,
    functions: Functions | None = None,
    clock: Clock | None = None,
) -> Iterator[AwsMovable]:
    """The home with that lake, sealed from here as its own sealer does."""
    with plainly(), TemporaryDirectory(prefix="liveinsight-") as folder:
        variables = variables_of(address, functions)
        bucket, table = variables["LAKE_BUCKET"], variables["CONTROL_TABLE"]
        parts = Parts(Environment(variables), dynamodb or connect("dynamodb"), clock)
        s3 = s3 or connect("s3")
        root = Path(folder)
        lake = S3Lake(s3, parts.dynamodb, bucket=bucket, table=table, root=root / "seen")
        yield AwsMovable(
            s3,
            parts.dynamodb,
            bucket=bucket,
            table=table,
            lake=lake,
            control=parts.control,
            sealer=DynamoSealer(tail_of(parts, s3, root), parts.control.sites),
            now_ms=parts.clock.now_ms,
        )


@contextmanager
def of_machine(settings: Settings, clock: Clock | None = None) -> Iterator[LocalMovable]:
    """The home in the data folder, which no server may be using."""
    limits = Limits(settings.memory_limit_mb)
    home = LocalMovable(Folder(settings.data_dir), clock or SystemClock(), limits)
    try:
        yield home
    finally:
        home.close()
