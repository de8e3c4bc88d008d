"""Settings: flags win over the environment (`LIVEINSIGHT_…`), which wins over `liveinsight.toml`
in the data folder. Each is read once; a wrong or unknown one stops the start by its name.
"""

import os
import re
import sys
import tomllib
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from liveinsight.domain.errors import Misconfigured
from liveinsight.wiring.machine import fair_share_mb, memory_mb

PREFIX = "LIVEINSIGHT_"
_ADDRESS = re.compile(r"https?://[^\s/]+(/\S*)?")
_ORIGIN = re.compile(r"null|[a-z][a-z0-9+.-]*://[^\s/]+")
FILE_NAME = "liveinsight.toml"
SECRETS = frozenset({"smtp_url", "admin_password"})
LISTS = frozenset({"trusted_proxies", "allowed_origins", "geo_database"})
# What commands that ask a running server read: `LIVEINSIGHT_URL`, `LIVEINSIGHT_KEY`.
OF_CLIENTS = frozenset({"url", "key"})

NotNegative = Annotated[int, msgspec.Meta(ge=0)]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be set."""

    data_dir: Path
    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8000
    base_url: str = ""
    trusted_proxies: tuple[str, ...] = ()
    country_header: str = ""
    geo_database: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    rate_limit_per_minute: NotNegative = 1000
    memory_limit_mb: Annotated[int, msgspec.Meta(ge=64)] = msgspec.field(
        default_factory=lambda: fair_share_mb(memory_mb())
    )
    retention_days: NotNegative = 0
    backup_to: str = ""
    backup_every_hours: Annotated[int, msgspec.Meta(ge=1)] = 24
    backup_keep: NotNegative = 7
    smtp_url: str = ""
    mail_from: str = ""
    admin_email: str = ""
    admin_password: str = ""
    log_format: Literal["text", "json"] = "text"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def geo_databases(self) -> tuple[Path, ...]:
        """The owner's own files of where addresses are."""
        return tuple(Path(name).expanduser() for name in self.geo_database)


def default_data_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """The platform's folder for a user's data."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "liveinsight"
    told = environ.get("XDG_DATA_HOME")
    return (Path(told) if told else Path.home() / ".local" / "share") / "liveinsight"


def load(flags: Mapping[str, object], environ: Mapping[str, str] = os.environ) -> Settings:
    """Gather, convert and check; `flags` that are None were not given."""
    given = {name: value for name, value in flags.items() if value is not None}
    told = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environ.items()
        if name.startswith(PREFIX) and name.removeprefix(PREFIX).lower() not in OF_CLIENTS
    }
    for name in told:
        _check_known(name, f"{PREFIX}{name.upper()}")
    named = given.get("data_dir") or told.get("data_dir") or default_data_dir(environ)
    data_dir = Path(str(named)).expanduser()
    file = data_dir / FILE_NAME
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for where, layer in ((str(file), _of_file(file)), ("the environment", told), ("flags", given)):
        for name, value in layer.items():
            values[name], sources[name] = _listed(name, value), where
    values["data_dir"] = str(data_dir)
    return _checked(_converted(values, sources))


def _of_file(file: Path) -> dict[str, Any]:
    try:
        told = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Misconfigured(f"{file} cannot be read: {error}") from None
    for name in told:
        _check_known(name, f"{name} in {file}")
    if "data_dir" in told:
        raise Misconfigured(f"The setting data_dir cannot be told by {file}, which lies in it.")
    return told


def _check_known(name: str, shown: str) -> None:
    if name not in Settings.__struct_fields__:
        known = ", ".join(sorted(Settings.__struct_fields__))
        raise Misconfigured(f"There is no setting {shown}. Settings are: {known}.")


def _listed(name: str, value: Any) -> Any:
    """Lists are written with commas in the environment."""
    if name in LISTS and isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return str(value) if isinstance(value, Path) else value


def _converted(values: dict[str, Any], sources: dict[str, str]) -> Settings:
    def path_of(kind: type, value: Any) -> Path:
        del kind
        return Path(value)

    try:
        return msgspec.convert(values, Settings, strict=False, dec_hook=path_of)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at `$.")
        name = place.rstrip("`").partition("[")[0]
        raise Misconfigured(
            f"The setting {name} in {sources.get(name, 'the defaults')} is wrong: "
            f"{what[:1].lower()}{what[1:]}{_shown(name, values.get(name))}."
        ) from None


def _shown(name: str, value: object) -> str:
    """What it is instead; a secret is not told."""
    return "" if name in SECRETS else f", not {value!r}"


def _checked(settings: Settings) -> Settings:
    for cidr in settings.trusted_proxies:
        try:
            ip_network(cidr, strict=False)
        except ValueError:
            raise Misconfigured(
                f"The setting trusted_proxies is wrong: {cidr!r} is no address or CIDR range."
            ) from None
    if settings.base_url and not _ADDRESS.fullmatch(settings.base_url):
        raise Misconfigured(
            f"The setting base_url is wrong: {settings.base_url!r} is not like "
            "https://stats.example.com."
        )
    for origin in settings.allowed_origins:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise Misconfigured(
                f"The setting allowed_origins is wrong: {origin!r} is not like "
                "https://shop.example, without a path."
            )
    if bool(settings.admin_email) != bool(settings.admin_password):
        raise Misconfigured("The settings admin_email and admin_password go together.")
    return settings
