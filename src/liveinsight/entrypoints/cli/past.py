"""`liveinsight site erase` and `site take-back`: what is kept of a site's past, changed."""

from datetime import date, datetime
from typing import Annotated

import typer

from liveinsight.adapters.local.database import Folder
from liveinsight.domain.errors import NotFound
from liveinsight.domain.event import Aside
from liveinsight.entrypoints.cli.shared import DataDir, control_of, say, settings_of, told_errors

SiteId = Annotated[str, typer.Argument(help="The site's id.", metavar="ID")]


@told_errors
def erase(
    site_id: SiteId,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Forget everything that was collected for a site; its settings stay."""
    from liveinsight.adapters.local.store.bulk import BulkLoad  # noqa: PLC0415 - DuckDB is heavy
    from liveinsight.adapters.local.store.engine import Limits  # noqa: PLC0415

    if not yes:
        typer.confirm(f"Forget all events of {site_id} for good?", abort=True, err=True)
    load = BulkLoad(Folder(settings_of(data_dir).data_dir), Limits())
    try:
        load.erase(site_id)
    finally:
        load.close()
    say(f"The events of {site_id} are forgotten.")


@told_errors
def take_back(
    site_id: SiteId,
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day.")],
    reason: Annotated[Aside, typer.Option(help="bot or spam_referrer.")] = Aside.BOT,
    *,
    data_dir: DataDir = None,
) -> None:
    """Count what was set aside on past days after all."""
    from liveinsight.adapters.local.store.bulk import BulkLoad  # noqa: PLC0415 - DuckDB is heavy
    from liveinsight.adapters.local.store.engine import Limits  # noqa: PLC0415

    settings = settings_of(data_dir)
    with control_of(data_dir) as control:
        if control.sites().by_name(site_id) is None:
            raise NotFound(f"There is no site {site_id}.")
    load = BulkLoad(Folder(settings.data_dir), Limits(settings.memory_limit_mb))
    try:
        events = load.take_back(site_id, reason, _day(first), _day(last))
    finally:
        load.close()
    say(f"{events} events of {site_id} are counted from now on.")


def _day(moment: datetime) -> date:
    return moment.date()
