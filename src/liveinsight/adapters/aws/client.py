"""AWS as this house calls it: a low-level client of one session, and DynamoDB's pages and batches.

botocore comes with Lambda's runtime. The low-level client is used because the resource API costs
a tenth of a second at every cold start.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from liveinsight.adapters.aws.keys import Item
from liveinsight.domain.errors import Misconfigured, Unavailable

BATCH = 25  # the most that BatchWriteItem takes
ROUNDS = 6
FIRST_PAUSE_S = 0.05


class DynamoDb(Protocol):
    """What is asked of DynamoDB."""

    def batch_write_item(self, **request: Any) -> dict[str, Any]: ...
    def put_item(self, **request: Any) -> dict[str, Any]: ...
    def get_item(self, **request: Any) -> dict[str, Any]: ...
    def update_item(self, **request: Any) -> dict[str, Any]: ...
    def delete_item(self, **request: Any) -> dict[str, Any]: ...
    def query(self, **request: Any) -> dict[str, Any]: ...
    def scan(self, **request: Any) -> dict[str, Any]: ...


def connect(service: str) -> Any:
    """A client; of all that a function needs, this takes the longest to make."""
    from botocore.config import Config  # noqa: PLC0415 - only where there is AWS
    from botocore.session import get_session  # noqa: PLC0415

    # Short limits: a function that waits is paid for, and its caller has gone after a while.
    config = Config(
        connect_timeout=1,
        read_timeout=5,
        retries={"mode": "standard", "total_max_attempts": 4},
        tcp_keepalive=True,
    )
    return get_session().create_client(service, config=config)


@contextmanager
def plainly() -> Iterator[None]:
    """For a person at a command line: what AWS or the way there says is an error of ours."""
    try:
        from botocore.exceptions import (  # noqa: PLC0415 - only where there is AWS
            BotoCoreError,
            ClientError,
        )
    except ModuleNotFoundError:
        raise Misconfigured("AWS needs botocore: pip install 'liveinsight[s3]'.") from None
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise Misconfigured(f"AWS says: {str(error).rstrip('.')}.") from error


def error_code(error: Exception) -> str:
    """The name by which AWS calls an error, empty for errors that are not AWS's."""
    told = getattr(error, "response", None) or {}
    return str(told.get("Error", {}).get("Code", ""))


def pages(client: DynamoDb, **request: Any) -> Iterator[Item]:
    """Every item of a query, page by page; `Unavailable` where the table can't be read now."""
    while True:
        try:
            page = client.query(**request)
        except Exception as error:
            if _passes(error):
                raise Unavailable("The tables cannot be read now.", retry_after_s=5) from error
            raise
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def scanned(client: DynamoDb, **request: Any) -> Iterator[Item]:
    """Every item of a table that passes its filter, page by page."""
    while True:
        page = client.scan(**request)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def write_all(
    client: DynamoDb, table: str, items: Sequence[Item], pause: Callable[[float], None]
) -> None:
    """Put all items, again and again what was not taken; raise `Unavailable` if some never are.

    What was put before that stays: the sender sends all again, which writes the same items.
    """
    _all(client, table, [{"PutRequest": {"Item": item}} for item in items], pause)


def delete_all(
    client: DynamoDb, table: str, keys: Sequence[Item], pause: Callable[[float], None]
) -> None:
    """Delete all items of these keys; raise `Unavailable` if some never are."""
    _all(client, table, [{"DeleteRequest": {"Key": key}} for key in keys], pause)


def _all(
    client: DynamoDb, table: str, wanted: Sequence[Any], pause: Callable[[float], None]
) -> None:
    for start in range(0, len(wanted), BATCH):
        left = {table: list(wanted[start : start + BATCH])}
        for round_ in range(ROUNDS):
            left = _written(client, left)
            if not left:
                break
            pause(FIRST_PAUSE_S * 2**round_)
        else:
            raise Unavailable("The events table cannot take more now.", retry_after_s=5)


def _written(client: DynamoDb, wanted: dict[str, Any]) -> dict[str, Any]:
    try:
        answer = client.batch_write_item(RequestItems=wanted)
    except Exception as error:
        if not _passes(error):
            raise
        return wanted
    left: dict[str, Any] = answer.get("UnprocessedItems") or {}
    return left


PASSING = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "RequestLimitExceeded",
        "InternalServerError",
        "ServiceUnavailable",
    }
)


def _passes(error: Exception) -> bool:
    """Whether the same may work in a moment. Errors of the way there have no code at all."""
    from botocore.exceptions import (  # noqa: PLC0415 - only where there is AWS
        ConnectionError as NoConnection,
    )
    from botocore.exceptions import HTTPClientError  # noqa: PLC0415

    return error_code(error) in PASSING or isinstance(error, NoConnection | HTTPClientError)
