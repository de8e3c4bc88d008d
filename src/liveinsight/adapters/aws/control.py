"""Sites, keys, secrets and salts in DynamoDB's control table: an item has a `kind` and a `name`.

Small, so a warm function reads it whole and keeps it for a minute.
"""

import secrets
from collections.abc import Callable, Sequence
from datetime import date

import msgspec

from liveinsight.adapters.aws.client import DynamoDb, error_code, pages
from liveinsight.adapters.aws.keys import Item
from liveinsight.domain.key import Key
from liveinsight.domain.period import DAY_MS, day_span
from liveinsight.domain.site import DEFAULT_SITE, Site, SiteBook

GOOD_FOR_MS = 60_000
SALT_BYTES = 16
SECRET_BYTES = 32
# Where nobody has made a site yet, as in home 1: it takes events of any host.
FIRST_SITE = Site(id=DEFAULT_SITE)

FORGOTTEN: Item = {"kind": {"S": "forgotten"}, "name": {"S": "events"}}

NowMs = Callable[[], int]


class DynamoControl:
    """What people decided."""

    def __init__(self, client: DynamoDb, table: str, now_ms: NowMs) -> None:
        self._client = client
        self._table = table
        self._now_ms = now_ms
        self._sites_ms = self._keys_ms = -GOOD_FOR_MS
        self._sites = SiteBook()
        self._keys: dict[bytes, Key] = {}
        self._secrets: dict[str, bytes] = {}
        self._forgotten = -GOOD_FOR_MS, 0

    def sites(self) -> SiteBook:
        """All sites."""
        now_ms = self._now_ms()
        if now_ms - self._sites_ms >= GOOD_FOR_MS:
            sites = [msgspec.json.decode(_text(item), type=Site) for item in self._all("site")]
            self._sites, self._sites_ms = SiteBook(sites or [FIRST_SITE]), now_ms
        return self._sites

    def refresh(self) -> None:
        """Ask anew for what another function may have changed a moment ago."""
        self._sites_ms = self._keys_ms = -GOOD_FOR_MS

    def put_site(self, site: Site) -> None:
        """Add a site or change its settings."""
        self._put("site", site.id, msgspec.json.encode(site))

    def remove_site(self, site_id: str) -> bool:
        """Forget a site's settings; whether there was one."""
        return self._remove("site", site_id)

    def keys(self) -> Sequence[Key]:
        """All keys, oldest first."""
        self._refresh_keys()
        return sorted(self._keys.values(), key=lambda key: (key.created_ms, key.id))

    def key_of_hash(self, key_hash: bytes) -> Key | None:
        """The key with that hash."""
        self._refresh_keys()
        return self._keys.get(key_hash)

    def put_key(self, key: Key) -> None:
        """Add a key."""
        self._put("key", key.id, msgspec.json.encode(key))

    def revoke_key(self, key_id: str) -> bool:
        """Make a key worthless; whether there was one. Warm functions learn it within a minute."""
        return self._remove("key", key_id)

    def secret(self, name: str) -> bytes:
        """A secret of the installation, made when first asked for. They never change, and one call
        brings them all: a starting function asks for several.
        """
        if not self._secrets:
            self._secrets = {str(item["name"]["S"]): _bytes(item) for item in self._all("secret")}
        if name not in self._secrets:
            made = secrets.token_bytes(SECRET_BYTES)
            self._secrets[name] = get_or_make(self._client, self._table, "secret", name, made)
        return self._secrets[name]

    def note_forgotten(self, at_ms: int) -> None:
        """Have warm functions begin anew: something that they may remember was forgotten."""
        item: Item = FORGOTTEN | {"at_ms": {"N": str(at_ms)}}
        self._client.put_item(TableName=self._table, Item=item)

    def forgotten_ms(self) -> int:
        """When something was forgotten last; warm functions learn it within a minute."""
        now_ms = self._now_ms()
        if now_ms - self._forgotten[0] >= GOOD_FOR_MS:
            item = self._client.get_item(TableName=self._table, Key=FORGOTTEN).get("Item") or {}
            self._forgotten = now_ms, int(item.get("at_ms", {}).get("N", 0))
        return self._forgotten[1]

    def _refresh_keys(self) -> None:
        now_ms = self._now_ms()
        if now_ms - self._keys_ms >= GOOD_FOR_MS:
            keys = [msgspec.json.decode(_text(item), type=Key) for item in self._all("key")]
            self._keys, self._keys_ms = {key.hash: key for key in keys}, now_ms

    def _all(self, kind: str) -> list[Item]:
        return list(
            pages(
                self._client,
                TableName=self._table,
                KeyConditionExpression="kind = :kind",
                ExpressionAttributeValues={":kind": {"S": kind}},
            )
        )

    def _put(self, kind: str, name: str, body: bytes) -> None:
        item = {"kind": {"S": kind}, "name": {"S": name}, "body": {"S": body.decode()}}
        self._client.put_item(TableName=self._table, Item=item)
        self.refresh()

    def _remove(self, kind: str, name: str) -> bool:
        answer = self._client.delete_item(
            TableName=self._table, Key=_key(kind, name), ReturnValues="ALL_OLD"
        )
        self.refresh()
        return "Attributes" in answer


class DynamoSalts:
    """Salts of local days. DynamoDB deletes them some time after their `ttl`; none is told later."""

    def __init__(self, client: DynamoDb, table: str, now_ms: NowMs) -> None:
        self._client = client
        self._table = table
        self._now_ms = now_ms
        self._known: dict[str, tuple[bytes, int]] = {}

    def of(self, site: Site, day: date) -> bytes:
        """The salt of the site's day, made when first asked for and durable before it is told."""
        salt = self.if_known(site, day)
        if salt is None:
            name, now_ms = _salt_name(site, day), self._now_ms()
            ttl_s = (max(day_span(day, site.timezone).end_ms, now_ms) + DAY_MS) // 1000
            made = secrets.token_bytes(SALT_BYTES)
            salt = get_or_make(self._client, self._table, "salt", name, made, now_ms, ttl_s)
            self._known[name] = salt, ttl_s
        return salt

    def if_known(self, site: Site, day: date) -> bytes | None:
        """The salt of the day if there is one."""
        name, now_s = _salt_name(site, day), self._now_ms() // 1000
        known = self._known.get(name)
        if known is None:
            item = _get(self._client, self._table, "salt", name)
            if item is None:
                return None
            known = self._known[name] = _bytes(item), int(item["ttl"]["N"])
        salt, ttl_s = known
        if ttl_s <= now_s:
            self._known.pop(name, None)
            return None
        return salt


def get_or_make(
    client: DynamoDb,
    table: str,
    kind: str,
    name: str,
    made: bytes,
    now_ms: int = 0,
    ttl_s: int | None = None,
) -> bytes:
    """Read a value, or make it; when two make it at once, both get the one that was first."""
    item = _key(kind, name) | {"value": {"B": made}}
    if ttl_s is not None:
        item["ttl"] = {"N": str(ttl_s)}
    present = _get(client, table, kind, name)
    if present is not None and not _is_over(present, now_ms):
        return _bytes(present)
    try:
        client.put_item(
            TableName=table,
            Item=item,
            ConditionExpression="attribute_not_exists(kind) OR #ttl <= :now",
            ExpressionAttributeNames={"#ttl": "ttl"},
            ExpressionAttributeValues={":now": {"N": str(now_ms // 1000)}},
        )
    except Exception as error:
        if error_code(error) != "ConditionalCheckFailedException":
            raise
        present = _get(client, table, kind, name)
        assert present is not None, "another made it just now"
        return _bytes(present)
    return made


def _get(client: DynamoDb, table: str, kind: str, name: str) -> Item | None:
    answer = client.get_item(TableName=table, Key=_key(kind, name), ConsistentRead=True)
    item: Item | None = answer.get("Item")
    return item


def _is_over(item: Item, now_ms: int) -> bool:
    return "ttl" in item and int(item["ttl"]["N"]) <= now_ms // 1000


def _key(kind: str, name: str) -> Item:
    return {"kind": {"S": kind}, "name": {"S": name}}


def _text(item: Item) -> str:
    return str(item["body"]["S"])


def _bytes(item: Item) -> bytes:
    value = item["value"]["B"]
    assert isinstance(value, bytes)
    return value


def _salt_name(site: Site, day: date) -> str:
    return f"{site.id}/{day.isoformat()}"
