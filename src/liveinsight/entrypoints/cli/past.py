"""`liveinsight forget`, `site erase` and `site take-back`: what is kept of a site's past, changed."""

from datetime import date, datetime
from typing import Annotated

import typer

from liveinsight.adapters.local.database import Folder
from liveinsight.domain.errors import Invalid, NotFound
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
    from liveinsight.wiring.forgetting import erase as erased  # noqa: PLC0415 - DuckDB is heavy

    if not yes:
        typer.confirm(f"Forget all events of {site_id} for good?", abort=True, err=True)
    is_gone = erased(settings_of(data_dir), site_id)
    say(f"The events of {site_id} are forgotten. {_left(is_gone=is_gone)}")


@told_errors
def forget(
    site: Annotated[str, typer.Option("--site", help="The site.")],
    user: Annotated[
        str | None, typer.Option("--user", help="A `user_id` that the site told.")
    ] = None,
    first: Annotated[str | None, typer.Option("--from", help="The first day or time.")] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="The last day, or the time before which.")
    ] = None,
    *,
    lake: Annotated[
        str | None, typer.Option("--lake", metavar="s3://LAKE", help="Of the AWS home instead.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Forget all events of a user, of a span of days, or of a user within it."""
    from liveinsight.domain.rows import export_range  # noqa: PLC0415 - DuckDB is heavy
    from liveinsight.wiring import forgetting  # noqa: PLC0415

    if user is None and first is None and last is None:
        raise Invalid("forget", "needs --user, or --from and --to")
    when = export_range(first, last) if first or last else None

    def confirm() -> None:
        if not yes:
            who = "everybody" if user is None else f"the user {user}"
            typer.confirm(f"Forget events of {who} on {site} for good?", abort=True, err=True)

    if lake is not None:
        from liveinsight.wiring.forgetting_aws import forgetting_at  # noqa: PLC0415

        with forgetting_at(lake) as (home, control):
            doomed = forgetting.doomed_by(control, site, user, when)
            confirm()
            say(f"{home.forget(doomed)} events of {doomed.site} are forgotten. {ON_AWS}")
        return
    settings = settings_of(data_dir)
    doomed = forgetting.doomed_events(Folder(settings.data_dir), site, user, when)
    confirm()
    events, is_gone = forgetting.forget(settings, doomed)
    say(f"{events} events of {doomed.site} are forgotten. {_left(is_gone=is_gone)}")


ON_AWS = "Versions of replaced files go within eight days, recovery to a point in time within 35."


def _left(*, is_gone: bool) -> str:
    """What is still to be said."""
    if is_gone:
        return "Backups and exports of before still hold them."
    return "Somebody still reads the files of before: run this again, until nobody does."


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
    from liveinsight.adapters.local.store.limits import Limits  # noqa: PLC0415

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


@told_errors
def set_aside(
    site_id: SiteId,
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day.")],
    where: Annotated[str, typer.Option("--where", help="A filter, as of POST /api/query.")],
    reason: Annotated[Aside, typer.Option(help="bot or spam_referrer.")] = Aside.BOT,
    *,
    data_dir: DataDir = None,
) -> None:
    """Keep apart what was counted on past days, as a bot's or spam; it can be taken back."""
    from liveinsight.domain.rows import export_range  # noqa: PLC0415 - DuckDB is heavy
    from liveinsight.wiring import forgetting  # noqa: PLC0415

    settings = settings_of(data_dir)
    when = export_range(_day(first).isoformat(), _day(last).isoformat())
    meant = forgetting.doomed_events(Folder(settings.data_dir), site_id, None, when)
    events = forgetting.set_aside(settings, meant, where, reason)
    say(f"{events} events of {meant.site} are set aside. `site take-back` counts them again.")


def _day(moment: datetime) -> date:
    return moment.date()
