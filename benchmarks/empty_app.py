"""An ASGI app that reads its request, does nothing and answers 200: what the server alone can.

`python empty_app.py PORT` serves it with the settings of `liveinsight serve`.
"""

import asyncio
import gc
import sys

import uvicorn
import uvloop


async def app(scope, receive, send) -> None:  # noqa: ANN001 - ASGI's own words
    assert scope["type"] == "http"
    await receive()
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", b"application/json"), (b"content-length", b"2")],
        }
    )
    await send({"type": "http.response.body", "body": b"{}"})


async def serve(port: int) -> None:
    config = uvicorn.Config(
        app,
        port=port,
        http="httptools",
        loop="uvloop",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=2048,
        timeout_keep_alive=75,
    )
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    sys.setswitchinterval(0.0005)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1])))
