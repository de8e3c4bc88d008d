"""The command line. Each command is a file; the server is imported only when it is to run, so
that `--help` and completion stay fast.
"""

import typer

from liveinsight.entrypoints.cli import (
    asking,
    backup,
    bring,
    check,
    cost,
    doctor,
    key,
    live,
    migrate,
    past,
    person,
    send,
    serve,
    site,
)

app = typer.Typer(
    name="liveinsight",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.callback()(serve.version)
app.command("serve")(serve.serve)
app.command("demo")(serve.demo)
app.command("send")(send.send)
app.command("live")(live.live)
app.command("import")(bring.import_)
app.command("export")(bring.export)
app.command("check")(check.check)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("downgrade")(backup.downgrade)
app.command("cost")(cost.cost)
app.command("doctor")(doctor.doctor)
app.command("migrate")(migrate.migrate)
app.command("stats")(asking.stats)
app.command("query")(asking.query)
app.command("sql")(asking.sql)
app.command("forget")(past.forget)
site.app.command("erase")(past.erase)
site.app.command("set-aside")(past.set_aside)
site.app.command("take-back")(past.take_back)
app.add_typer(site.app, name="site")
app.add_typer(key.app, name="key")
app.add_typer(person.app, name="person")
