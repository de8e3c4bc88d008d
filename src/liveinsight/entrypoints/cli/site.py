"""`liveinsight site`: what is measured. Changes reach a running server within a second."""

from typing import Annotated

import msgspec
import typer
from rich.table import Table

from liveinsight.adapters.local.control import SqliteControl
from liveinsight.domain.errors import Invalid, NotFound
from liveinsight.domain.site import Site, checked, host_name
from liveinsight.entrypoints.cli.shared import (
    AsJson,
    DataDir,
    console,
    control_of,
    say,
    told_errors,
)

app = typer.Typer(help="Sites: add, list, show, change, remove.", no_args_is_help=True)

SNIPPET = """The site {site} is ready to collect. Its pages need this, with the name of your server:
  <script defer src="https://stats.example.com/js/li.js" data-site="{site}"></script>"""

SiteId = Annotated[str, typer.Argument(metavar="ID", help="1 to 40 of a-z, 0-9 and -.")]
NewSite = Annotated[
    str, typer.Argument(metavar="ID", help="1 to 40 of a-z, 0-9 and -; or a domain, for both.")
]
Texts = list[str] | None
Domains = Annotated[Texts, typer.Option("--domain", help="A host name of the site; repeatable.")]
Aliases = Annotated[
    Texts, typer.Option("--alias", help="What other trackers' clients call it; repeatable.")
]
Timezone = Annotated[str | None, typer.Option(help="IANA name, like Asia/Seoul.")]
Public = Annotated[bool | None, typer.Option("--public/--private", help="Anybody may read it.")]
Gpc = Annotated[
    bool | None, typer.Option("--honour-gpc/--ignore-gpc", help="Don't count who sends Sec-GPC.")
]
Dnt = Annotated[
    bool | None, typer.Option("--honour-dnt/--ignore-dnt", help="Don't count who sends DNT.")
]
Csrf = Annotated[bool | None, typer.Option("--csrf/--no-csrf", help="Demand CSRF tokens.")]
Params = Annotated[
    Texts, typer.Option("--param", help="A query parameter that is part of the page; repeatable.")
]
Ips = Annotated[Texts, typer.Option("--exclude-ip", help="Don't count an address or CIDR range.")]
Pages = Annotated[Texts, typer.Option("--exclude-page", help="Don't count a path, or prefix/*.")]

Retention = Annotated[
    int | None, typer.Option(min=0, help="Forget days after so many; 0: as the setting says.")
]


@app.command()
@told_errors
def add(
    site_id: NewSite,
    domain: Domains = None,
    alias: Aliases = None,
    timezone: Timezone = None,
    public: Public = None,
    honour_gpc: Gpc = None,
    honour_dnt: Dnt = None,
    csrf: Csrf = None,
    param: Params = None,
    exclude_ip: Ips = None,
    exclude_page: Pages = None,
    retention_days: Retention = None,
    *,
    data_dir: DataDir = None,
) -> None:
    """Add a site, and print what its pages need."""
    given = locals()
    if "." in site_id:  # a domain: the id is made of it
        given["domain"] = domain or [site_id]
        site_id = site_id.lower().replace(".", "-")
    with control_of(data_dir) as control:
        if site_id in {site.id for site in control.sites()}:
            raise Invalid("site", f"{site_id} is there already; change it with `site set`")
        control.put_site(_changed(Site(id=site_id), given))
    say(SNIPPET.format(site=site_id))


@app.command("set")
@told_errors
def set_(
    site_id: SiteId,
    domain: Domains = None,
    alias: Aliases = None,
    timezone: Timezone = None,
    public: Public = None,
    honour_gpc: Gpc = None,
    honour_dnt: Dnt = None,
    csrf: Csrf = None,
    param: Params = None,
    exclude_ip: Ips = None,
    exclude_page: Pages = None,
    retention_days: Retention = None,
    *,
    data_dir: DataDir = None,
) -> None:
    """Change a site; a list that is given replaces the one before."""
    given = locals()
    with control_of(data_dir) as control:
        control.put_site(_changed(_known(control, site_id), given))
    say(f"The site {site_id} is changed.")
    if timezone is not None:
        say("All its days are told in that time zone, as soon as the server has written them anew.")


@app.command("list")
@told_errors
def list_(*, json: AsJson = False, data_dir: DataDir = None) -> None:
    """All sites."""
    with control_of(data_dir) as control:
        sites = list(control.sites())
    if json:
        print(msgspec.json.encode(sites).decode())
        return
    table = Table("Site", "Domains", "Time zone", "Public")
    for site in sites:
        public = "yes" if site.public else "no"
        table.add_row(site.id, ", ".join(site.domains) or "any", site.timezone, public)
    console().print(table)


@app.command()
@told_errors
def show(site_id: SiteId, *, data_dir: DataDir = None) -> None:
    """All settings of a site, as JSON."""
    with control_of(data_dir) as control:
        site = _known(control, site_id)
    print(msgspec.json.format(msgspec.json.encode(site)).decode())


@app.command()
@told_errors
def remove(
    site_id: SiteId,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Stop collecting for a site; what was collected stays."""
    with control_of(data_dir) as control:
        _known(control, site_id)
        if not yes:
            typer.confirm(f"Stop collecting for {site_id}?", abort=True, err=True)
        control.remove_site(site_id)
    say(f"The site {site_id} is removed.")


def _known(control: SqliteControl, site_id: str) -> Site:
    site = control.sites().with_id(site_id)
    if site is None:
        raise NotFound(f"There is no site {site_id}.")
    return site


# Flags by the setting that they are for; the others have the setting's own name.
_LISTS = {
    "domain": "domains",
    "alias": "aliases",
    "param": "allowed_params",
    "exclude_ip": "excluded_ips",
    "exclude_page": "excluded_pages",
}
_FLAGS = {"csrf": "csrf_required"} | {
    name: name for name in ("timezone", "public", "honour_gpc", "honour_dnt", "retention_days")
}


def _changed(site: Site, given: dict[str, object]) -> Site:
    """The site with the flags that were given; None and empty lists were not."""
    told = {setting: given[flag] for flag, setting in _FLAGS.items() if given[flag] is not None}
    for flag, setting in _LISTS.items():
        if values := given[flag]:
            assert isinstance(values, list)
            told[setting] = tuple(
                host_name(value) if flag == "domain" else value for value in values
            )
    return checked(msgspec.structs.replace(site, **told))
