"""The AWS home from an empty account to the end: applied, used, planned again, rolled back, destroyed.

The tests stand in the order of that life and share one deployment, which takes minutes; most of
them are spent waiting, while other workers test.
"""

import json
import os
import re
import shutil
import threading
import time
import urllib.error
import urllib.request
import zipfile
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from playwright.sync_api import expect, sync_playwright

from aws.conftest import an_account, done
from aws.emulator import running
from aws.gateway import Gateway
from aws_home import CHROME
from served import until

POINTER = {"kind": {"S": "lake"}, "name": {"S": "manifest"}}
# What the emulator forgets of what it was told: a plan after the apply finds these and no more.
EMULATORS_GAPS = {
    "aws_api_gateway_rest_api.main",  # binary_media_types
    "aws_cloudfront_distribution.main",  # origin access control, behaviours without forwarded values
    "aws_s3_bucket_policy.static",  # names the distribution, so is planned with it
}
DRY_RUNS = ("bootstrap-state", "emergency-deploy", "rollback", "state-backup", "destroy")


@pytest.fixture(scope="module")
def deployed(_terraform):
    """The home that all tests here share."""
    with (
        TemporaryDirectory(prefix="liveinsight-aws-", ignore_cleanup_errors=True) as folder,
        running() as address,
    ):
        home = an_account(Path(folder) / "home", address)
        try:
            deploy(home)
            yield home
        finally:
            home.close()


def deploy(home):
    """Make the home in steps, as they may come, and keep what each told.

    Tables and roles alone come first, as in an emergency; then all of it with packages that hold
    no code yet; then the code alone.
    """
    done(home.script("emergency-deploy", "dev", "--yes"))
    home.outputs["emergency tables"] = " ".join(home.aws("dynamodb").list_tables()["TableNames"])
    home.outputs["emergency functions"] = json.dumps(
        home.aws("lambda").list_functions()["Functions"]
    )
    done(home.script("build", "--placeholder"))
    whole = ("deploy", "dev", "--yes", "--skip-build", "--skip-health")
    home.outputs["deploy"] = done(home.script(*whole)).stdout
    empty = Gateway("dev", home.environment, home.folder / "dist" / "aws")
    try:
        home.outputs["before code"] = json.dumps(empty.invoke("stats-api", {}))
    finally:
        empty.stop()
    home.outputs["build"] = done(home.script("build", "--installed")).stdout
    done(home.script(*whole, "--code-only"))
    home.outputs["before dry runs"] = told_by(home)
    for name in DRY_RUNS:
        home.outputs[f"dry {name}"] = done(home.script(name, "dev", "--dry-run")).stderr
    home.outputs["after dry runs"] = told_by(home)


def told_by(home):
    """What an account and its state say that scripts could have changed."""
    aliases = home.aws("lambda").list_aliases(FunctionName="liveinsight-stats-api-dev")["Aliases"]
    versions = [alias["FunctionVersion"] for alias in aliases]
    buckets = [bucket["Name"] for bucket in home.aws("s3").list_buckets()["Buckets"]]
    pulled = json.loads(home.terraform("state", "pull").stdout)
    # Terraform tells its checks in another order each time.
    state = json.dumps([pulled["serial"], pulled["resources"], pulled["outputs"]], sort_keys=True)
    return f"{state}\n{versions}\n{buckets}"


@pytest.fixture(scope="module")
def gateway(deployed):
    served = Gateway("dev", deployed.environment, deployed.folder / "dist" / "aws")
    yield served
    served.stop()


@pytest.fixture(scope="module")
def urls(gateway):
    """What points the scripts at the gateway instead of AWS."""
    return {"LIVEINSIGHT_API_URL": gateway.api_url, "LIVEINSIGHT_FRONT_URL": gateway.front_url}


@pytest.fixture(scope="module")
def read_key(deployed):
    return deployed.key_of("read")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A page of another origin."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "index.html").write_text("<!doctype html><title>A shop</title>")
    handler = partial(QuietFiles, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


class QuietFiles(SimpleHTTPRequestHandler):
    def log_message(self, *told):
        """Nothing."""


@pytest.fixture
def browser():
    """The machine's Chromium, else the one that came with Playwright; closed with the test, as
    other tests have a Playwright of their own.
    """
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=os.environ.get("TEST_BROWSER") or shutil.which("chromium"),
            args=["--no-sandbox"],
        )
        yield launched
        launched.close()


def ask(method, url, body=None, headers=None):
    """Status, headers and body of an answer, whatever its status."""
    data = None if body is None else json.dumps(body).encode()
    # A person's browser: what calls itself Python-urllib is set aside as a bot.
    told = {"Content-Type": "application/json", "User-Agent": CHROME} | (headers or {})
    request = urllib.request.Request(url, data=data, headers=told, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def test_deploy_tells_both_urls(deployed):
    """One command deploys from nothing and tells where the API and the dashboard are."""
    api, dashboard = deployed.outputs["deploy"].splitlines()[-2:]
    assert api.startswith("API:       https://")
    assert api.endswith("/dev")
    assert dashboard.startswith("dashboard: https://")


def test_a_second_plan_changes_nothing(deployed):
    """A plan right after the apply is empty, but for what the emulator forgets."""
    told = deployed.script("deploy", "dev", "--dry-run", "--skip-build")
    assert told.returncode == 0, told.stderr
    assert "nothing was changed" in told.stderr
    changed = set(re.findall(r"^\s*# (\S+) (?:will|must) be", told.stdout, re.MULTILINE))
    assert changed <= EMULATORS_GAPS


def test_tables_and_roles_alone_in_an_emergency(deployed):
    """When the rest won't apply, events still get their place; the rest can be added later."""
    tables = deployed.outputs["emergency tables"].split()
    assert {"liveinsight-events-dev", "liveinsight-sessions-dev"} <= set(tables)
    assert deployed.outputs["emergency functions"] == "[]"


def test_a_home_without_code_says_so(deployed):
    """Terraform was applied before there was any code: the functions ask to come back later."""
    told = json.loads(deployed.outputs["before code"])
    assert told["statusCode"] == 503
    assert "Nothing is deployed here yet" in told["body"]


@pytest.mark.parametrize("name", DRY_RUNS)
def test_a_dry_run_changes_nothing(deployed, name):
    """With --dry-run a script shows what it would do, and leaves account and state as they were."""
    assert (
        "would" in deployed.outputs[f"dry {name}"]
        or "nothing was" in deployed.outputs[f"dry {name}"]
    )
    assert deployed.outputs["before dry runs"] == deployed.outputs["after dry runs"]


def test_packages_are_small(deployed):
    """The collector's zip has at most 3 MB, the one with DuckDB at most 35."""
    packages = deployed.folder / "dist" / "aws"
    assert (packages / "collector.zip").stat().st_size <= 3_000_000
    assert (packages / "stats.zip").stat().st_size <= 35_000_000
    with zipfile.ZipFile(packages / "collector.zip") as package:
        modules = {name.partition("/")[0] for name in package.namelist()}
    assert modules & {"duckdb", "numpy", "uvicorn", "ua_parser"} == set()


@pytest.mark.parametrize("path", ["events", "realtime", "stats", "csrf-token", "pixel.gif"])
def test_every_path_answers_options(gateway, path):
    """A preflight is answered with 204, the methods, our headers, a day, and no credentials."""
    status, headers, _ = ask("OPTIONS", f"{gateway.api_url}/api/{path}")
    assert status == 204
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Access-Control-Allow-Methods"] == "GET, POST, OPTIONS"
    assert headers["Access-Control-Max-Age"] == "86400"
    assert {"X-API-Key", "X-CSRF-Token", "X-Session-ID"} <= {
        name.strip() for name in headers["Access-Control-Allow-Headers"].split(",")
    }
    assert "Access-Control-Allow-Credentials" not in headers


def test_the_deployed_zips_collect_and_tell(gateway, read_key):
    """The very zips that were deployed take an event and show it live."""
    event = {"session_id": "s-1", "page_url": "https://shop.example/pricing"}
    status, _, body = ask("POST", f"{gateway.api_url}/api/events", event)
    assert status == 200, (body, gateway.log_of("event-collector"))
    assert json.loads(body)["data"]["processed_events"] == 1
    headers = {"X-API-Key": read_key}
    status, _, body = ask("GET", f"{gateway.api_url}/api/realtime", headers=headers)
    assert status == 200, (body, gateway.log_of("realtime-api"))
    assert json.loads(body)["data"]["current_pages"] == {"/pricing": 1}


def test_stats_answers_from_the_deployed_zip(gateway, read_key):
    """The large package with DuckDB in it answers, within its memory."""
    status, _, body = ask("GET", f"{gateway.api_url}/api/stats", headers={"X-API-Key": read_key})
    assert status == 200, (body, gateway.log_of("stats-api"))
    assert json.loads(body)["data"]["summary"]["total_pageviews"] == 1


def test_the_sealer_seals_from_the_deployed_zip(deployed, gateway):
    """Run as the schedule runs it, it puts what was collected into the lake, and says so."""
    done = gateway.invoke("sealer", {"source": "aws.events"})
    assert done["files"] > 0, gateway.log_of("sealer")
    listed = deployed.aws("s3").list_objects_v2(Bucket=deployed.output("lake_bucket"))["Contents"]
    assert any(item["Key"].startswith("default/events/") for item in listed)
    assert any('"message": "sealed"' in line for line in gateway.log_of("sealer"))


def test_reading_needs_the_deployed_key(gateway):
    """Without the key API Gateway refuses before a function runs, in our shape, with CORS."""
    status, headers, body = ask("GET", f"{gateway.api_url}/api/realtime")
    assert status == 401
    assert json.loads(body)["status"] == "error"
    assert headers["Access-Control-Allow-Origin"] == "*"


def test_unknown_paths_are_told_so(gateway):
    """What is not there is 404 in our shape, and not API Gateway's riddle."""
    status, _, body = ask("GET", f"{gateway.api_url}/api/nothing")
    assert (status, json.loads(body)["message"]) == (404, "There is no such path.")


def test_the_front_serves_dashboard_and_api(gateway):
    """One host name has the dashboard at its root and the API beside it."""
    status, headers, body = ask("GET", f"{gateway.front_url}/")
    assert status == 200
    assert headers["Content-Type"].startswith("text/html")
    assert b"<html" in body.lower()
    event = {"page_url": "https://shop.example/through-the-front"}
    assert ask("POST", f"{gateway.front_url}/api/events", event)[0] == 200


def test_the_front_serves_the_tracker_by_any_name(gateway):
    """Pages take the tracker from the distribution, also by a name that no list of trackers has."""
    told = [ask("GET", f"{gateway.front_url}/js/{name}") for name in ("li.js", "of-our-own.js")]
    assert [status for status, _, _ in told] == [200, 200]
    assert told[0][2] == told[1][2] != b""


def test_the_front_keeps_answers(gateway, read_key):
    """Who asks through CloudFront again with the same key gets what it kept; others never do."""

    def told(key):
        answer = ask("GET", f"{gateway.front_url}/api/realtime", headers={"X-API-Key": key})
        return json.loads(answer[2])

    before = gateway.edge.hits
    assert all(told(read_key)["status"] == "success" for _ in range(10))
    between = gateway.edge.hits
    assert between > before
    assert all(told("another")["status"] == "error" for _ in range(3))
    assert gateway.edge.hits == between


def test_the_front_alone_knows_the_secret(deployed, gateway):
    """CloudFront sends the secret that the functions hold, so that its headers are believed."""
    name = "liveinsight-event-collector-dev"
    told = deployed.aws("lambda").get_function_configuration(FunctionName=name)
    secret = told["Environment"]["Variables"]["LIVEINSIGHT_ORIGIN_SECRET"]
    sent = gateway._origins["api"]["CustomHeaders"]["Items"]
    assert [item["HeaderValue"] for item in sent] == [secret]
    assert len(secret) >= 32


def test_a_real_browser_reads_and_collects_across_origins(gateway, read_key, browser, elsewhere):
    """A page of another origin passes the preflights of both, and is told what API Gateway refuses."""
    page = browser.new_page()
    page.goto(elsewhere)
    fetched = """async ([url, method, headers, body]) => {
        const answer = await fetch(url, {method, headers, body});
        return [answer.status, await answer.json()];
    }"""
    event = json.dumps({"page_url": "https://shop.example/from-a-browser", "session_id": "s-9"})
    json_headers = {"Content-Type": "application/json"}
    token = page.evaluate(
        fetched,
        [
            f"{gateway.api_url}/api/csrf-token",
            "POST",
            json_headers,
            json.dumps({"session_id": "s-9"}),
        ],
    )[1]["data"]["csrf_token"]
    headers = json_headers | {"X-CSRF-Token": token, "X-Session-ID": "s-9"}
    sent = page.evaluate(fetched, [f"{gateway.api_url}/api/events", "POST", headers, event])
    assert (sent[0], sent[1]["data"]["processed_events"]) == (200, 1)
    url = f"{gateway.api_url}/api/realtime"
    assert page.evaluate(fetched, [url, "GET", {"X-API-Key": read_key}, None])[0] == 200
    assert page.evaluate(fetched, [url, "GET", {}, None])[0] == 401
    page.close()


@pytest.mark.parametrize("api", ["its own", "another origin"])
def test_the_deployed_dashboard_shows_who_is_here(deployed, gateway, read_key, browser, api):
    """The dashboard from the bucket, under CloudFront's policy: with the key it shows live visitors
    and history, from the host it came from and from API Gateway itself, with CORS.
    """
    ask("POST", f"{gateway.api_url}/api/events", {"page_url": "https://shop.example/seen"})
    page = browser.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    if api == "another origin":
        page.route("**/config.json", lambda route: elsewhere_config(route, gateway))
    page.goto(f"{gateway.front_url}/")
    if not (deployed.folder / "src/liveinsight/web/config.json").is_file():
        page.close()
        pytest.skip("the dashboard is not built")
    page.fill("input[type=password]", read_key)
    page.click("button.primary")
    page.wait_for_selector("[data-testid=number-visitors]")
    expect(page.locator("body")).to_contain_text("/seen")
    page.close()
    assert faults == []


def elsewhere_config(route, gateway):
    """The dashboard's config as deployed, but with the API at its own name."""
    answer = route.fetch()
    route.fulfill(response=answer, json=answer.json() | {"api": f"{gateway.api_url}/api"})


def test_sites_are_managed_with_the_other_key(deployed, gateway, read_key):
    """The key for managing adds a site and changes it; the key for reading can't."""
    manage = {"X-API-Key": deployed.key_of("manage")}
    url = f"{gateway.front_url}/api/sites"
    site = {"id": "blog", "domains": ["blog.example"], "timezone": "Asia/Seoul"}
    assert ask("POST", url, site, {"X-API-Key": read_key})[0] == 403
    status, _, body = ask("POST", url, site, manage)
    assert status in {200, 201}, (body, gateway.log_of("stats-api"))
    assert "blog" in sites_told(gateway, manage)


def sites_told(gateway, headers):
    """The sites that the holder of a key is told of."""
    told = ask("GET", f"{gateway.front_url}/api/sites", headers=headers)[2]
    return {site["id"] for site in json.loads(told)["data"]["sites"]}


def test_built_files_are_kept_and_pages_are_not(deployed):
    """Files whose names carry a hash are kept for ever, the page is asked for again."""
    s3, bucket = deployed.aws("s3"), deployed.output("static_bucket")

    def control(key):
        return s3.head_object(Bucket=bucket, Key=key)["CacheControl"]

    assert control("dashboard.html") == "public, max-age=300"
    keys = (item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"])
    hashed = next(key for key in keys if key.endswith((".css", ".js")) and "/js" not in key)
    assert control(hashed).endswith("immutable") or hashed.startswith("js/")


def test_a_state_that_is_locked_is_left_alone(deployed):
    """Two deployments at once: the second says that the state is locked and changes nothing."""
    account = deployed.aws("sts").get_caller_identity()["Account"]
    lock = {"Bucket": f"liveinsight-state-{account}", "Key": "dev/terraform.tfstate.tflock"}
    body = {"ID": "1", "Operation": "apply", "Who": "somebody"}
    deployed.aws("s3").put_object(**lock, Body=json.dumps(body).encode())
    told = deployed.script("deploy", "dev", "--yes", "--skip-build", "--code-only")
    deployed.aws("s3").delete_object(**lock)
    assert told.returncode == 1
    assert "Error acquiring the state lock" in told.stderr
    assert "docs/operations.md" in told.stderr


def test_a_healthy_home_is_told_so(deployed, urls):
    """Every check passes on what was just deployed."""
    told = deployed.script("health-check", "dev", **urls)
    assert told.returncode == 0, told.stdout + told.stderr
    assert {state for state, _ in checks(told)} == {"ok"}
    deployed.outputs["well"] = json.dumps([what for _, what in checks(told)])


ILL = "liveinsight-api-5xx-dev"


def checks(told):
    """The checks that a health check told, as (ok or FAILED, what)."""
    lines = (line.split(None, 1) for line in told.stdout.splitlines())
    return [(line[0], line[1]) for line in lines if line[0] in {"ok", "FAILED"}]


@contextmanager
def everything_ill(deployed):
    """Nothing of the account is as it was deployed; afterwards all of it is."""
    dynamodb, functions, logs = (deployed.aws(name) for name in ("dynamodb", "lambda", "logs"))
    tables = [f"liveinsight-{name}-dev" for name in ("events", "sessions", "control")]
    names = [
        f"liveinsight-{name}-dev"
        for name in ("event-collector", "realtime-api", "stats-api", "sealer")
    ]
    aliases = {
        name: functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
        for name in names
    }
    groups = ["/aws/apigateway/liveinsight-dev", *(f"/aws/lambda/{name}" for name in names)]
    pointer = dynamodb.get_item(TableName=tables[2], Key=POINTER)["Item"]

    def is_well(*, well):
        state = {"StateValue": "OK" if well else "ALARM", "StateReason": "a test"}
        deployed.aws("cloudwatch").set_alarm_state(AlarmName=ILL, **state)
        ttl = {"Enabled": well, "AttributeName": "ttl"}
        for table in tables:
            dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=ttl)
        sealed = {} if well else {"sealed_ms": {"N": "1700000000000"}}
        dynamodb.put_item(TableName=tables[2], Item=pointer | sealed)

    is_well(well=False)
    for name in names:
        functions.delete_alias(FunctionName=name, Name="live")
    for group in groups:
        logs.delete_retention_policy(logGroupName=group)
    try:
        yield
    finally:
        is_well(well=True)
        for name, version in aliases.items():
            functions.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
        for group in groups:
            logs.put_retention_policy(logGroupName=group, retentionInDays=7)


def test_whatever_is_ill_is_named(deployed, urls):
    """Each of its checks fails, by its name, when what it looks at is not as it should be."""
    well = json.loads(deployed.outputs["well"])
    dead = dict.fromkeys(urls, "http://127.0.0.1:1")
    with everything_ill(deployed):
        told = deployed.script("health-check", "dev", **dead)
    assert told.returncode == 1
    assert [state for state, _ in checks(told)] == ["FAILED"] * len(well)
    assert ILL in told.stdout


def test_state_and_control_can_be_put_back(deployed, tmp_path):
    """A backup holds the state and what people decided, without salts, and can be restored."""
    folder = tmp_path / "backup"
    told = deployed.script("state-backup", "dev", "--to", str(folder))
    assert told.returncode == 0, told.stderr
    kinds = {
        item["kind"]["S"] for item in json.loads((folder / "control.json").read_text())["Items"]
    }
    assert "secret" in kinds
    assert "salt" not in kinds
    told = deployed.script("state-backup", "dev", "--restore", str(folder), "--yes")
    assert told.returncode == 0, told.stderr
    before = json.loads((folder / "terraform.tfstate").read_text())
    after = json.loads(deployed.terraform("state", "pull").stdout)
    assert before["resources"] == after["resources"]


def test_who_only_reads_learns_of_a_site_within_a_minute(deployed, gateway, read_key):
    """Its functions remember what was decided for so long; most of it went by in tests before."""

    def is_told():
        time.sleep(0.2)  # the stage takes a thousand requests a minute
        return "blog" in sites_told(gateway, {"X-API-Key": read_key})

    until(is_told)
    url = f"{gateway.front_url}/api/sites?site=blog"
    assert ask("DELETE", url, headers={"X-API-Key": deployed.key_of("manage")})[0] == 200


def test_code_goes_forward_and_back(deployed, gateway, read_key):
    """New code alone is deployed as a new version; a rollback points the alias back in seconds."""
    packages = deployed.folder / "dist" / "aws"
    kept = packages / "kept"
    kept.mkdir()
    shutil.copy(packages / "realtime.zip", kept)
    with zipfile.ZipFile(packages / "realtime.zip", "a") as package:
        package.writestr("NEWS", "something else")
    name = {"FunctionName": "liveinsight-realtime-api-dev", "Name": "live"}

    def live():
        return deployed.aws("lambda").get_alias(**name)["FunctionVersion"]

    first = live()
    told = deployed.script("deploy", "dev", "--yes", "--skip-build", "--code-only", "--skip-health")
    assert told.returncode == 0, told.stdout[-2000:] + told.stderr[-2000:]
    assert int(live()) > int(first)
    told = deployed.script("rollback", "dev", "--function", "realtime-api")
    assert told.returncode == 0, told.stderr
    assert live() == first
    assert ask("GET", f"{gateway.api_url}/api/realtime", headers={"X-API-Key": read_key})[0] == 200
    told = deployed.script("rollback", "dev", "77")
    assert told.returncode == 1
    assert "has no version 77" in told.stderr


def test_the_stage_throttles(gateway):
    """Beyond the burst and the steady rate requests are 429, and told when to come back."""
    answers = (ask("OPTIONS", f"{gateway.api_url}/api/events") for _ in range(3000))
    refused = next(headers for status, headers, _ in answers if status == 429)
    assert int(refused["Retry-After"]) > 0
    assert refused["Access-Control-Allow-Origin"] == "*"


def test_destroying_leaves_nothing(deployed):
    """What was made is gone, as far as Terraform knows and as the emulator tells."""
    told = deployed.script("destroy", "dev", "--yes")
    assert told.returncode == 0, told.stdout[-2000:] + told.stderr[-2000:]
    assert deployed.terraform("state", "list").stdout == ""
    assert deployed.aws("dynamodb").list_tables()["TableNames"] == []
    assert deployed.aws("lambda").list_functions()["Functions"] == []
