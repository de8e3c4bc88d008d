"""The pictures in the README, made of a running demo: `python scripts/screenshots.py`.

It wants the built web parts (`make install`) and a Chromium in TEST_BROWSER (scripts/browser.sh
finds one). The demo's past is the same for everybody; what is live changes a little.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parent.parent
OUT = ROOT / "docs" / "pictures"
READY = re.compile(r"is running on (http://\S+)")
SIZE = {"width": 1280, "height": 860}
QUALITY = 72
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--force-color-profile=srgb")
# name: (path, colours, what must be there)
PICTURES = {
    "dashboard": ("/?site=demo&range=30d", "light", "main"),
    "live": ("/?site=demo&view=live", "dark", "main"),
}


@contextmanager
def demo() -> Iterator[str]:
    """The address of a demo server in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="liveinsight-pictures-") as folder:
        command = [sys.executable, "-m", "liveinsight", "demo", "--port", "0", "--data-dir", folder]
        server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert server.stderr is not None
        try:
            for line in server.stderr:
                if found := READY.search(line):
                    yield found[1]
                    return
            raise RuntimeError("the demo did not start")
        finally:
            server.terminate()
            server.stderr.close()
            server.wait(60)


def take(browser: Browser, url: str, name: str) -> Path:
    """One picture."""
    path, colours, wanted = PICTURES[name]
    context = browser.new_context(
        viewport=SIZE, color_scheme=colours, locale="en-GB", reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(url + path)
    page.locator(wanted).first.wait_for()
    page.wait_for_timeout(15_000 if name == "live" else 3_000)  # so that there is something to see
    target = OUT / f"{name}.jpg"
    page.screenshot(path=target, type="jpeg", quality=QUALITY)
    context.close()
    return target


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    with demo() as url, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=os.environ["TEST_BROWSER"], args=FLAGS)
        for name in PICTURES:
            target = take(browser, url, name)
            print(f"{target.relative_to(ROOT)}: {target.stat().st_size // 1000} kB")
        browser.close()


if __name__ == "__main__":
    main()
