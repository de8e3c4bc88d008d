"""The AWS home from an empty account to the end: applied, used, planned again, rolled back, destroyed.

The tests stand in the order of that life and share one deployment, which takes a minute.
"""

import json
import urllib.error
import urllib.request

import pytest

from aws.gateway import Gateway

# What the emulator forgets of what it was told: a plan after the apply finds these and no more.
EMULATORS_GAPS = {
    "aws_api_gateway_rest_api.main",  # binary_media_types
    "aws_cloudfront_distribution.main",  # origin access control, behaviours without forwarded values
    "aws_s3_bucket_policy.static",  # names the distribution, so is planned with it
}


@pytest.fixture(scope="session")
def gateway(deployed):
    served = Gateway("dev", deployed.environment, deployed.folder / "dist" / "aws")
    yield served
    served.stop()


@pytest.fixture(scope="session")
def urls(gateway):
    """What points the scripts at the gateway instead of AWS."""
    return {"LIVEINSIGHT_API_URL": gateway.api_url, "LIVEINSIGHT_FRONT_URL": gateway.front_url}


@pytest.fixture(scope="session")
def read_key(deployed):
    key_id = deployed.terraform("output", "-raw", "read_key_id").stdout
    return deployed.aws(
        "apigateway", "get-api-key", "--include-value", "--api-key", key_id, "--query", "value"
    )


def ask(method, url, body=None, headers=None):
    """Status, headers and body of an answer, whatever its status."""
    data = None if body is None else json.dumps(body).encode()
    told = {"Content-Type": "application/json"} | (headers or {})
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
    secret = deployed.aws(
        "ssm", "get-parameter", "--with-decryption", "--name", "/liveinsight/dev/origin-secret",
        "--query", "Parameter.Value",
    )  # fmt: skip
    deployed.environment["TF_VAR_origin_secret"] = secret
    planned = deployed.terraform(
        "plan", "-input=false", "-var-file=env/dev.tfvars", "-out=x.tfplan"
    )
    assert planned.returncode == 0, planned.stderr
    shown = json.loads(deployed.terraform("show", "-json", "x.tfplan").stdout)
    changed = {
        change["address"]
        for change in shown["resource_changes"]
        if change["change"]["actions"] != ["no-op"] and change["mode"] == "managed"
    }
    assert changed <= EMULATORS_GAPS


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


def test_the_front_alone_knows_the_secret(deployed, gateway):
    """CloudFront sends the secret that the functions hold, so that its headers are believed."""
    told = json.loads(
        deployed.aws(
            "lambda", "get-function-configuration", "--function-name",
            "liveinsight-event-collector-dev", "--query", "to_string(Environment.Variables)",
        )
    )  # fmt: skip
    sent = gateway._origins["api"]["CustomHeaders"]["Items"]
    assert [item["HeaderValue"] for item in sent] == [told["LIVEINSIGHT_ORIGIN_SECRET"]]
    assert len(told["LIVEINSIGHT_ORIGIN_SECRET"]) >= 32


def test_built_files_are_kept_and_pages_are_not(deployed):
    """Files whose names carry a hash are kept for ever, the page is asked for again."""
    bucket = deployed.terraform("output", "-raw", "static_bucket").stdout

    def control(key):
        return deployed.aws(
            "s3api", "head-object", "--bucket", bucket, "--key", key, "--query", "CacheControl"
        )

    assert control("dashboard.html") == "public, max-age=300"
    listed = deployed.aws(
        "s3api", "list-objects-v2", "--bucket", bucket, "--query", "Contents[].Key"
    )
    hashed = next(
        key for key in listed.split() if key.endswith((".css", ".js")) and "/js" not in key
    )
    assert control(hashed).endswith("immutable") or hashed.startswith("js/")
