"""A mail server for tests, which takes letters and keeps them, and a home that writes them."""

import asyncio
import email
import email.policy
import json
import socketserver
import threading
from contextlib import contextmanager

from liveinsight.domain.key import Key, Scope
from liveinsight.domain.site import Site
from liveinsight.http.auth import key_hash
from liveinsight.http.exchange import Request
from liveinsight.wiring.local import LocalHome
from liveinsight.wiring.settings import Settings

SHOP = Site(id="shop", domains=("shop.example",))


class Letterbox(socketserver.ThreadingTCPServer):
    """What came, and what is said to who comes."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, refusal="", tls=None):
        super().__init__(("127.0.0.1", 0), Clerk)
        self.refusal = refusal
        self.tls = tls  # what a client finds when it asks for STARTTLS
        self.farewell = "221 bye"
        self.letters = []
        self.logins = []

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.server_address[1]}"


class Clerk(socketserver.StreamRequestHandler):
    """Speaks as much of RFC 5321 as a client asks for."""

    def handle(self):
        self.say("220 here")
        while line := self.rfile.readline().decode().strip():
            word = line[:4].upper()
            if word == "DATA":
                self.say("354 go on")
                self.server.letters.append(self.letter())
                self.say("250 kept")
            elif word == "QUIT":
                self.say(self.server.farewell)
                return
            elif word == "STAR":
                self.say("220 go on")
                self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
                self.rfile = self.connection.makefile("rb")
                self.wfile = self.connection.makefile("wb", 0)
            elif word == "AUTH":
                self.server.logins.append(line)
                self.say("235 in")
            elif word == "EHLO":
                offer = "250-STARTTLS\r\n" if self.server.tls else ""
                self.say(f"250-here\r\n{offer}250 AUTH PLAIN")
            elif word == "RCPT" and self.server.refusal:
                self.say(self.server.refusal)
            else:
                self.say("250 well")

    def finish(self):
        """The connection may be another than at the begin."""
        super().finish()
        self.connection.close()

    def say(self, text):
        self.wfile.write(f"{text}\r\n".encode())

    def letter(self):
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return email.message_from_bytes(b"".join(lines), policy=email.policy.default)


@contextmanager
def letterbox(refusal="", tls=None):
    """A server on a free port of loopback."""
    with Letterbox(refusal, tls) as box:
        thread = threading.Thread(target=box.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield box
        finally:
            box.shutdown()
            thread.join()


class MailHome:
    """A home with a shop, and who manages it (`boss`) or another (`other`). Its own server sends
    nothing: what does is made by a test, with these settings.
    """

    def __init__(self, home, front, runner, box):
        self.home, self.front, self.runner, self.box = home, front, runner, box
        self.settings = Settings(
            data_dir=home.settings.data_dir,
            smtp_url=box.url,
            mail_from="stats@shop.example",
            base_url="https://stats.example",
        )

    def ask(self, method, path, body=None, key="boss"):
        path, _, query = path.partition("?")
        headers = {b"content-type": b"application/json", b"x-api-key": key.encode()}
        raw = b"" if body is None else json.dumps(body).encode()
        answer = self.runner.run(self.front(Request(method, path, query, headers, raw)))
        told = json.loads(answer.body)
        return answer.status, told.get("data", told)


@contextmanager
def mail_home(folder, kind=MailHome):
    """One that is open."""
    with asyncio.Runner() as runner, letterbox() as box:
        home = LocalHome(Settings(data_dir=folder))

        async def opened():
            front = home.open()
            home.control.put_site(SHOP)
            for name, site in (("boss", None), ("other", "default")):
                told = Key(id=name, hash=key_hash(name), scopes=frozenset({Scope.ADMIN}), site=site)
                home.control.put_key(told)
            await home.start()
            return front

        yield kind(home, runner.run(opened()), runner, box)
        runner.run(home.stop())
