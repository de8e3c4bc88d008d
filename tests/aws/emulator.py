"""AWS on loopback: moto as a process, with the few answers added that it lacks.

Run as a script it serves until killed and prints its address; tests start it by `running()`.
moto knows none of CloudFront's policies and no saved log queries: `Gaps` keeps what was put and
tells it again, which is all that Terraform asks of them. Nor does it publish functions.
"""

import io
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

NAMESPACE = "http://cloudfront.amazonaws.com/doc/2020-05-31/"
POLICY_PATH = re.compile(
    r"/2020-05-31/(cache|origin-request|response-headers)-policy(?:/([0-9a-f-]{36}))?(/config)?"
)
ELEMENTS = {
    "cache": "CachePolicy",
    "origin-request": "OriginRequestPolicy",
    "response-headers": "ResponseHeadersPolicy",
}
PUBLISH_PATH = re.compile(r"(/2020-05-31/function/[^/]+)/publish")
QUERY_TARGET = re.compile(r"Logs_20140328\.(Put|Describe|Delete)QueryDefinitions?")

Wsgi = Callable[[dict[str, Any], Any], Any]
Answer = tuple[str, str, str]  # status, content type, body


class Gaps:
    """Answers what moto can't, and hands it all else."""

    def __init__(self, inner: Wsgi) -> None:
        self._inner = inner
        self._policies: dict[str, tuple[str, str]] = {}  # id -> (kind, the XML that was sent)
        self._queries: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if function := PUBLISH_PATH.fullmatch(environ["PATH_INFO"]):
            # A function has one stage here: publishing it tells what it is.
            path = f"{function[1]}/describe"
            told = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "RAW_URI": path}
            return self._inner(environ | told | {"REQUEST_URI": path}, start_response)
        policy = POLICY_PATH.fullmatch(environ["PATH_INFO"])
        query = QUERY_TARGET.fullmatch(environ.get("HTTP_X_AMZ_TARGET", ""))
        if not policy and not query:
            return self._inner(environ, start_response)
        sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
        with self._lock:
            status, kind, body = (
                self._policy(environ["REQUEST_METHOD"], policy[1], policy[2], sent)
                if policy
                else self._query(query[1] if query else "", json.loads(sent))
            )
        start_response(status, [("Content-Type", kind), ("ETag", "E1")])
        return io.BytesIO(body.encode())

    def _policy(self, method: str, kind: str, policy_id: str | None, sent: str) -> Answer:
        element, xml = ELEMENTS[kind], re.sub(r"^<\?xml.*?\?>", "", sent)
        if method == "POST":
            policy_id = str(uuid4())
            self._policies[policy_id] = kind, xml
            return "201 Created", "text/xml", self._told(policy_id)
        if policy_id is None or policy_id not in self._policies:
            error = f"<Error><Code>NoSuch{element}</Code></Error>"
            return "404 Not Found", "text/xml", f"<ErrorResponse>{error}</ErrorResponse>"
        if method == "DELETE":
            del self._policies[policy_id]
            return "204 No Content", "text/xml", ""
        if method == "PUT":
            self._policies[policy_id] = kind, xml
        return "200 OK", "text/xml", self._told(policy_id)

    def _told(self, policy_id: str) -> str:
        kind, xml = self._policies[policy_id]
        element = ELEMENTS[kind]
        return (
            f'<{element} xmlns="{NAMESPACE}"><Id>{policy_id}</Id>'
            f"<LastModifiedTime>2026-01-01T00:00:00Z</LastModifiedTime>{xml}</{element}>"
        )

    def _query(self, verb: str, sent: dict[str, Any]) -> Answer:
        answer: dict[str, Any]
        if verb == "Put":
            query_id = sent.get("queryDefinitionId") or str(uuid4())
            self._queries[query_id] = sent | {"queryDefinitionId": query_id}
            answer = {"queryDefinitionId": query_id}
        elif verb == "Delete":
            answer = {"success": self._queries.pop(sent["queryDefinitionId"], None) is not None}
        else:
            prefix = sent.get("queryDefinitionNamePrefix", "")
            answer = {
                "queryDefinitions": [
                    query for query in self._queries.values() if query["name"].startswith(prefix)
                ]
            }
        return "200 OK", "application/x-amz-json-1.1", json.dumps(answer)


def serve() -> None:
    """Serve on a free loopback port until killed; the first line printed is the address."""
    from moto.server import DomainDispatcherApplication, create_backend_app  # noqa: PLC0415
    from werkzeug.serving import make_server  # noqa: PLC0415

    app = Gaps(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    print(f"http://127.0.0.1:{server.port}", flush=True)
    server.serve_forever()


def environment(address: str) -> dict[str, str]:
    """What any AWS client needs to talk to the emulator and to nobody else."""
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "TF_", "LIVEINSIGHT_"))
    }
    return kept | {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_PAGER": "",
        # On a busy machine the emulator answers late: nobody is to give up on it.
        "AWS_RETRY_MODE": "standard",
        "AWS_MAX_ATTEMPTS": "12",
    }


@contextmanager
def running() -> Iterator[str]:
    """A fresh emulator of our own; ended with the block."""
    env = os.environ | {"MOTO_IAM_LOAD_MANAGED_POLICIES": "false", "PYTHONWARNINGS": "ignore"}
    process = subprocess.Popen(
        [sys.executable, Path(__file__)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().decode().strip()
        assert address.startswith("http://127.0.0.1:"), "the emulator did not start"
        yield address
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


if __name__ == "__main__":
    serve()
