"""API Gateway and CloudFront on loopback, as they were deployed to the emulator.

Everything is read back from the emulator: resources, methods, integrations and their answers, the
stage's throttle, API keys, gateway responses, aliases, and the distribution's behaviours. The
functions run from the very zip whose hash the emulator was told.
"""

import base64
import hashlib
import json
import re
import threading
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import botocore.session

from aws.sandbox import Fleet, Function, FunctionFailedError

MOST_BODY_BYTES = 10_000_000
DEFAULT_STATUS = {
    "THROTTLED": 429,
    "INVALID_API_KEY": 403,
    "MISSING_AUTHENTICATION_TOKEN": 403,
    "INTEGRATION_FAILURE": 502,
    "REQUEST_TOO_LARGE": 413,
}
MESSAGES = {
    "THROTTLED": "Too Many Requests",
    "INTEGRATION_FAILURE": "Internal server error",
    "REQUEST_TOO_LARGE": "Request Too Long",
}
Answer = tuple[int, dict[str, str], bytes]


class Bucket:
    """A token bucket, as the stage's throttle is."""

    def __init__(self, rate_s: float, burst: int) -> None:
        self._rate_s, self._burst = rate_s, burst
        self._tokens, self._at_s = float(burst), time.monotonic()
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Whether one more request may pass."""
        with self._lock:
            now_s = time.monotonic()
            self._tokens = min(self._burst, self._tokens + (now_s - self._at_s) * self._rate_s)
            self._at_s = now_s
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True


class EdgeCache:
    """Answers kept as CloudFront keeps them: by the policy's headers, for as long as they say; who
    asks the same meanwhile waits for the one answer.
    """

    def __init__(self, headers: list[str], most_s: float) -> None:
        self._headers = headers
        self._most_s = most_s
        self._kept: dict[tuple[object, ...], tuple[float, Answer]] = {}
        self._turns: dict[tuple[object, ...], threading.Lock] = {}
        self.hits = 0

    def through(self, request: "Incoming", ask: Callable[[], Answer]) -> Answer:
        """An answer that is good still, else a new one."""
        if request.method != "GET":
            return ask()
        named = (request.header(name.lower()) for name in self._headers)
        key = request.path, *request.query, *named
        with self._turns.setdefault(key, threading.Lock()):
            until_s, kept = self._kept.get(key, (0.0, None))
            if kept is not None and time.monotonic() < until_s:
                self.hits += 1
                return kept
            answer = ask()
            self._kept[key] = time.monotonic() + self._good_s(answer), answer
            return answer

    def _good_s(self, answer: Answer) -> float:
        status, headers, _ = answer
        told = next((v for k, v in headers.items() if k.lower() == "cache-control"), "no-store")
        rules = dict(rule.strip().partition("=")[::2] for rule in told.split(","))
        if status != 200 or {"private", "no-store", "no-cache"} & {*rules}:
            return 0.0
        return min(float(rules.get("s-maxage", rules.get("max-age", 0))), self._most_s)


class Gateway:
    """Serves one environment's REST API and distribution; `api_url` and `front_url` tell where."""

    def __init__(
        self, environment: str, client_environment: dict[str, str], packages: Path
    ) -> None:
        session = botocore.session.get_session()
        self._client_environment = client_environment
        self._environment = environment
        self._clients = {
            name: session.create_client(
                name,
                endpoint_url=client_environment["AWS_ENDPOINT_URL"],
                region_name="us-east-1",
                aws_access_key_id="testing",
                aws_secret_access_key="testing",
            )
            for name in ("apigateway", "lambda", "s3", "cloudfront")
        }
        self._packages = packages
        self._fleets: dict[str, Fleet] = {}
        self._lock = threading.Lock()
        self._read_api()
        self._read_distribution()
        self._servers = [self._serve(self._answer_api), self._serve(self._answer_front)]
        self.api_url = f"http://127.0.0.1:{self._servers[0].server_port}/{environment}"
        self.front_url = f"http://127.0.0.1:{self._servers[1].server_port}"

    def stop(self) -> None:
        """End servers and sandboxes."""
        for server in self._servers:
            server.shutdown()
            server.server_close()
        for fleet in self._fleets.values():
            fleet.stop()

    def invoke(self, short_name: str, event: dict[str, Any]) -> dict[str, Any]:
        """Run a function as an event would, by its live alias."""
        name = f"liveinsight-{short_name}-{self._environment}"
        return self._fleet(f"function:{name}:live/invocations").run(event)

    def log_of(self, short_name: str) -> list[str]:
        """What the function printed."""
        return [
            line
            for fleet in self._fleets.values()
            if fleet.function.name == f"liveinsight-{short_name}-{self._environment}"
            for line in fleet.log
        ]

    def _read_api(self) -> None:
        api = self._clients["apigateway"]
        (rest,) = (
            item
            for item in api.get_rest_apis()["items"]
            if item["name"] == f"liveinsight-api-{self._environment}"
        )
        resources = api.get_resources(restApiId=rest["id"], limit=500, embed=["methods"])["items"]
        self._methods = {item["path"]: item.get("resourceMethods", {}) for item in resources}
        stage = api.get_stage(restApiId=rest["id"], stageName=self._environment)
        settings = stage["methodSettings"]["*/*"]
        self._bucket = Bucket(settings["throttlingRateLimit"], settings["throttlingBurstLimit"])
        self._responses = {
            item["responseType"]: item
            for item in api.get_gateway_responses(restApiId=rest["id"])["items"]
        }
        self._keys = set()
        for plan in api.get_usage_plans()["items"]:
            if any(stage["apiId"] == rest["id"] for stage in plan.get("apiStages", [])):
                for key in api.get_usage_plan_keys(usagePlanId=plan["id"])["items"]:
                    told = api.get_api_key(apiKey=key["id"], includeValue=True)
                    self._keys.add(told["value"])

    def _read_distribution(self) -> None:
        items = (
            self._clients["cloudfront"].list_distributions()["DistributionList"].get("Items", [])
        )
        (self._distribution,) = (
            self._clients["cloudfront"].get_distribution(Id=item["Id"])["Distribution"][
                "DistributionConfig"
            ]
            for item in items
            if item["Comment"] == f"liveinsight-{self._environment}"
        )
        self._origins = {item["Id"]: item for item in self._distribution["Origins"]["Items"]}
        cloudfront = self._clients["cloudfront"]
        kept_by = {
            behaviour["CachePolicyId"]: cloudfront.get_cache_policy(Id=behaviour["CachePolicyId"])
            for behaviour in self._distribution["CacheBehaviors"]["Items"]
            if self._origins[behaviour["TargetOriginId"]]["Id"] == "api"
        }
        (policy,) = kept_by.values()
        config = policy["CachePolicy"]["CachePolicyConfig"]
        named = config["ParametersInCacheKeyAndForwardedToOrigin"]["HeadersConfig"]
        self.edge = EdgeCache(named["Headers"]["Items"], config["MaxTTL"])
        policy = self._distribution["DefaultCacheBehavior"]["ResponseHeadersPolicyId"]
        told = self._clients["cloudfront"].get_response_headers_policy(Id=policy)
        config = told["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"][
            "SecurityHeadersConfig"
        ]
        # Where the API is on AWS it is here.
        self._policy = config["ContentSecurityPolicy"]["ContentSecurityPolicy"]

    def _answer_api(self, request: "Incoming") -> Answer:
        prefix = f"/{self._environment}"
        if not (request.path + "/").startswith(prefix + "/"):
            return 403, {}, b'{"message":"Forbidden"}'
        return self._through_api(request, request.path.removeprefix(prefix) or "/")

    def _answer_front(self, request: "Incoming") -> Answer:
        for behaviour in self._distribution["CacheBehaviors"].get("Items", []):
            pattern = re.escape(behaviour["PathPattern"]).replace(r"\*", ".*")
            if re.fullmatch(pattern, request.path):
                if behaviour["TargetOriginId"] == "static":
                    break
                origin = self._origins[behaviour["TargetOriginId"]]
                added = origin.get("CustomHeaders", {}).get("Items", [])
                request.headers |= {item["HeaderName"]: item["HeaderValue"] for item in added}
                request.headers["CloudFront-Viewer-Address"] = f"{request.peer}:1"
                return self.edge.through(request, partial(self._through_api, request, request.path))
        key = request.path.lstrip("/") or self._distribution["DefaultRootObject"]
        domain = self._origins["static"]["DomainName"]
        s3 = self._clients["s3"]
        bucket = domain.partition(".s3")[0]
        try:
            try:
                found = s3.get_object(Bucket=bucket, Key=key)
            except s3.exceptions.NoSuchKey:
                if not key.startswith("js/"):
                    raise
                # As the distribution's function does: every name there is the tracker's.
                found = s3.get_object(Bucket=bucket, Key="js/li.js")
        except s3.exceptions.NoSuchKey:
            return 404, {}, b"There is no such file."
        headers = {
            "Content-Type": found["ContentType"],
            "Cache-Control": found.get("CacheControl", ""),
            "Content-Security-Policy": re.sub(
                r"https://\w+\.execute-api\.\S+\.com", self.api_url.rpartition("/")[0], self._policy
            ),
        }
        return 200, headers, found["Body"].read()

    def _through_api(  # noqa: PLR0911 - a line for each way to be refused
        self, request: "Incoming", path: str
    ) -> Answer:
        if not self._bucket.take():
            return self._refused("THROTTLED")
        method = self._methods.get(path, {}).get(request.method)
        if method is None:
            return self._refused("MISSING_AUTHENTICATION_TOKEN")
        if method.get("apiKeyRequired") and request.header("x-api-key") not in self._keys:
            return self._refused("INVALID_API_KEY")
        if len(request.body) > MOST_BODY_BYTES:
            return self._refused("REQUEST_TOO_LARGE")
        integration = method["methodIntegration"]
        if integration["type"] == "MOCK":
            return _mocked(integration)
        try:
            answer = self._fleet(integration["uri"]).run(_proxy_event(request, path))
            return _proxied(answer)
        except (FunctionFailedError, KeyError, ValueError) as error:
            self.last_failure = repr(error)
            return self._refused("INTEGRATION_FAILURE")

    def _refused(self, kind: str) -> Answer:
        family = "DEFAULT_5XX" if kind == "INTEGRATION_FAILURE" else "DEFAULT_4XX"
        response = self._responses.get(kind) or self._responses[family]
        status = int(response.get("statusCode") or DEFAULT_STATUS[kind])
        headers = {
            name.removeprefix("gatewayresponse.header."): value.strip("'")
            for name, value in response.get("responseParameters", {}).items()
        }
        template = response["responseTemplates"]["application/json"]
        message = json.dumps(MESSAGES.get(kind, kind))
        body = template.replace("$context.error.messageString", message)
        return status, headers | {"Content-Type": "application/json"}, body.encode()

    def _fleet(self, uri: str) -> Fleet:
        found = re.search(r"function:([\w-]+):(\w+)/invocations", uri)
        assert found, f"{uri} calls no alias"
        with self._lock:
            alias = self._clients["lambda"].get_alias(FunctionName=found[1], Name=found[2])
            key = f"{found[1]}:{alias['FunctionVersion']}"
            if key not in self._fleets:
                self._fleets[key] = Fleet(self._function(found[1], alias["FunctionVersion"]))
            return self._fleets[key]

    def _function(self, name: str, version: str) -> Function:
        told = self._clients["lambda"].get_function_configuration(
            FunctionName=name, Qualifier=version
        )
        wanted = told["CodeSha256"]
        for package in sorted(self._packages.glob("**/*.zip")):
            digest = base64.b64encode(hashlib.sha256(package.read_bytes()).digest()).decode()
            if digest == wanted:
                break
        else:
            raise KeyError(f"no package in {self._packages} is the deployed one of {name}")
        folder = self._packages / "unpacked" / wanted.replace("/", "_")
        if not folder.is_dir():
            zipfile.ZipFile(package).extractall(folder)
        environment = {
            name: self._client_environment[name]
            for name in (
                "AWS_ENDPOINT_URL",
                "AWS_ACCESS_KEY_ID",
                "AWS_SECRET_ACCESS_KEY",
                "AWS_REGION",
            )
        }
        return Function(
            name=name,
            folder=folder,
            handler=told["Handler"],
            memory_mb=told["MemorySize"],
            timeout_s=min(told["Timeout"], 29),  # API Gateway waits no longer
            environment=environment | told["Environment"]["Variables"],
        )

    def _serve(self, answer: Any) -> ThreadingHTTPServer:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def handle_any(self) -> None:
                with suppress(ConnectionError):  # who asked may be gone
                    self.tell(*answer(Incoming(self)))

            def tell(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD" and status != 204:
                    self.wfile.write(body)

            do_GET = do_POST = do_OPTIONS = do_HEAD = do_PUT = do_DELETE = handle_any  # noqa: N815 - http.server's names

            def log_message(self, *told: object) -> None:
                """Nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server


class Incoming:
    """A request as it arrived."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        self.method = handler.command
        self.path = parts.path
        self.query = parse_qsl(parts.query, keep_blank_values=True)
        self.headers = dict(handler.headers.items())
        self.body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        self.peer = handler.client_address[0]

    def header(self, name: str) -> str | None:
        """A header's value, whatever its case."""
        return next((v for k, v in self.headers.items() if k.lower() == name), None)


def _mocked(integration: dict[str, Any]) -> Answer:
    """A MOCK answers by the status that its template names; without a template it fails."""
    template = integration.get("requestTemplates", {}).get("application/json")
    if not template:
        return 500, {}, b'{"message": "Internal server error"}'
    status = str(json.loads(template)["statusCode"])
    response = integration["integrationResponses"][status]
    headers = {
        name.removeprefix("method.response.header."): value.strip("'")
        for name, value in response.get("responseParameters", {}).items()
    }
    return int(status), headers, b""


def _proxy_event(request: Incoming, path: str) -> dict[str, Any]:
    try:
        body, is_packed = request.body.decode(), False
    except UnicodeDecodeError:
        body, is_packed = base64.b64encode(request.body).decode(), True
    many: dict[str, list[str]] = {}
    for name, value in request.query:
        many.setdefault(name, []).append(value)
    return {
        "resource": path,
        "path": path,
        "httpMethod": request.method,
        "headers": request.headers,
        "multiValueHeaders": {name: [value] for name, value in request.headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in many.items()} or None,
        "multiValueQueryStringParameters": many or None,
        "requestContext": {"identity": {"sourceIp": request.peer}},
        "body": body or None,
        "isBase64Encoded": is_packed,
    }


def _proxied(answer: dict[str, Any]) -> Answer:
    headers = dict(answer.get("headers") or {})
    for name, values in (answer.get("multiValueHeaders") or {}).items():
        headers[name] = ", ".join(values)
    body = answer.get("body") or ""
    packed = answer.get("isBase64Encoded")
    return int(answer["statusCode"]), headers, base64.b64decode(body) if packed else body.encode()
