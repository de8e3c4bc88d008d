"""A day of traffic at 60 times its speed, with kills at any moment: is each event there, once?

Run it by itself: `python benchmarks/chaos.py [--minutes 24] [--rate 30] [--seed 1]`.
Senders do what a good client does: what got no answer is sent again, with the same ids. Now and
then the server or its store is killed with SIGKILL, or the server stopped with SIGTERM and
started again; a backup is made and some forgotten user's events are taken out meanwhile. At the
end the ids in journal and lake are compared with those that were sent.
"""

import argparse
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from liveinsight.domain.visitor import fingerprint
from results import keep
from serving import LIVEINSIGHT, free_port

SPEED = 60
DAY_S = 86_400
SENDERS = 4
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0"
SITE = "default"
FORGOTTEN = "u-forgotten"  # of whom nothing may be left


class Server:
    """Started again as often as it ends."""

    def __init__(self, folder: Path, port: int) -> None:
        self._command = (*LIVEINSIGHT, "--data-dir", str(folder), "--port", str(port))
        self._env = os.environ | {
            "LIVEINSIGHT_RATE_LIMIT_PER_MINUTE": "0",
            "LIVEINSIGHT_LOG_LEVEL": "error",
        }
        self._log = (folder.parent / "server.log").open("a")
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, env=self._env, stderr=self._log)

    def end(self, sig: signal.Signals) -> None:
        self.process.send_signal(sig)
        self.process.wait(60)
        self.start()

    def kill_store(self) -> bool:
        """Its only child; whether there was one."""
        told = subprocess.run(
            ["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False
        )
        children = [int(word) for word in told.stdout.split()]
        for pid in children[:1]:
            os.kill(pid, signal.SIGKILL)
        return bool(children)


class Senders:
    """Threads that replay the day."""

    def __init__(self, port: int, args: argparse.Namespace) -> None:
        self._port = port
        self._rate = args.rate
        self._seed = args.seed
        self.begin = time.time()
        self.end = self.begin + args.minutes * 60
        self.sent: set[str] = set()
        self.told: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._number = 0
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _run(self, which: int) -> None:
        draw = random.Random(self._seed * 100 + which)
        connection = self._connect()
        while time.time() < self.end:
            events = [self._event(draw) for _ in range(draw.choice((1, 1, 1, 2, 12)))]
            while not self._posted(connection, events):
                time.sleep(0.1)
                connection.close()
                connection = self._connect()
            if draw.random() < 0.05:
                self._posted(connection, events)  # once more, though it was acknowledged
            time.sleep(draw.expovariate(self._rate / SENDERS / 3.4))
        connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)

    def _event(self, draw: random.Random) -> dict[str, object]:
        with self._lock:
            self._number += 1
            event_id = f"chaos-{self._number}"
        user = FORGOTTEN if draw.random() < 0.01 else f"u-{draw.randrange(3000)}"
        if user != FORGOTTEN:
            self.sent.add(event_id)
        simulated = self.begin - DAY_S + 600 + (time.time() - self.begin) * SPEED
        late = draw.expovariate(1 / 60) if draw.random() < 0.1 else 0
        return {
            "event_id": event_id,
            "user_id": user,
            "page_url": f"https://shop.example/{draw.randrange(40)}",
            "timestamp": int((min(simulated, time.time()) - late) * 1000),
        }

    def _posted(self, connection: http.client.HTTPConnection, events: list) -> bool:
        try:
            headers = {"User-Agent": AGENT, "Content-Type": "application/json"}
            connection.request("POST", "/api/events", json.dumps({"events": events}), headers)
            answer = connection.getresponse()
            told = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            self.told["no answer"] += 1
            return False
        self.told[str(answer.status)] += 1
        if answer.status == http.client.OK:
            self.told.update(told["data"]["dropped"])
        return answer.status == http.client.OK


def command(*words: object) -> subprocess.CompletedProcess:
    program = [sys.executable, "-m", "liveinsight", *map(str, words)]
    return subprocess.run(program, capture_output=True, text=True, check=False)


def disturb(server: Server, folder: Path, senders: Senders, seed: int) -> Counter:
    """Something bad, again and again, until the day is over."""
    draw, done = random.Random(seed), Counter()
    while time.time() < senders.end - 15:
        time.sleep(draw.uniform(1, 15))
        deed = draw.choices(
            ("server killed", "store killed", "server stopped", "backup", "forgotten"),
            (6, 5, 2, 1, 1),
        )[0]
        if deed == "server killed":
            server.end(signal.SIGKILL)
        elif deed == "server stopped":
            server.end(signal.SIGTERM)
        elif deed == "store killed":
            if not server.kill_store():
                continue
        elif deed == "backup":
            told = command("backup", folder.parent / "vault", "--keep", 2, "--data-dir", folder)
            deed = deed if told.returncode == 0 else f"{deed} failed: {told.stderr[-200:]}"
        else:
            about = ("--site", SITE, "--user", FORGOTTEN, "--yes", "--data-dir", folder)
            told = command("forget", *about)
            deed = deed if told.returncode == 0 else f"{deed} failed: {told.stderr[-200:]}"
        done[deed] += 1
    return done


def kept(folder: Path) -> Counter[int]:
    """Ids of all events, each as often as it is there."""
    from liveinsight.adapters.clock import SystemClock  # noqa: PLC0415 - after the server's end
    from liveinsight.adapters.local.database import Folder  # noqa: PLC0415
    from liveinsight.adapters.local.store.duck import DuckStore  # noqa: PLC0415
    from liveinsight.adapters.sql.relations import over  # noqa: PLC0415
    from liveinsight.domain.lake import Relation  # noqa: PLC0415

    store = DuckStore(Folder(folder), SystemClock(), beside=True)
    try:
        while store.tail():
            pass
        with store.reading() as reading:
            days = reading.relations.days(SITE)
            assert days is not None
            rows = over(reading.relations.pieces(SITE, *days), Relation.EVENTS)
            found = reading.cursor.execute(f"SELECT event_id FROM {rows}").fetchall()
        return Counter(event_id for (event_id,) in found)
    finally:
        store.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=DAY_S / SPEED / 60)
    parser.add_argument("--rate", type=float, default=30, help="events a second, about")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="liveinsight-chaos-") as root:
        folder = Path(root) / "data"
        folder.mkdir()
        port = free_port()
        server = Server(folder, port)
        senders = Senders(port, args)
        deeds = disturb(server, folder, senders, args.seed)
        senders.join()
        about = ("--site", SITE, "--user", FORGOTTEN, "--yes", "--data-dir", folder)
        last = command("forget", *about)
        server.process.send_signal(signal.SIGTERM)
        code = server.process.wait(60)
        found = kept(folder)
        wanted = {fingerprint(SITE, event_id) for event_id in senders.sent}
        damage = command("check", "--data-dir", folder)
        restored = Path(root) / "restored"
        back = command("restore", Path(root) / "vault", "--data-dir", restored)
        told = {
            "minutes": args.minutes,
            "events": len(wanted),
            "answers": dict(senders.told),
            "deeds": dict(deeds),
            "lost": len(wanted - found.keys()),
            "doubled": sum(1 for times in found.values() if times > 1),
            "of the forgotten user": len(found.keys() - wanted),
            "exit code": code,
            "forget": last.returncode,
            "check": damage.returncode,
            "restore": back.returncode if (Path(root) / "vault").exists() else None,
        }
    print(json.dumps(told, indent=2))
    keep("chaos", told)
    return int(bool(told["lost"] or told["doubled"] or told["of the forgotten user"]))


if __name__ == "__main__":
    sys.exit(main())
