"""Letters go out by a mail server, as RFC 5321 has it."""

import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from liveinsight.domain.errors import Misconfigured, Unavailable
from liveinsight.domain.letter import ADDRESS

PORTS = {"smtp": 587, "smtps": 465}
PATIENCE_S = 20.0  # for each of its answers
LONGEST_WORD = 300


class SmtpPost:
    """Sends by one server; connects for each letter, which are few."""

    def __init__(self, url: str, sender: str) -> None:
        try:
            told = urlsplit(url)
            port = told.port
        except ValueError:
            raise Misconfigured(_WRONG) from None
        further = told.query or told.fragment or told.path.strip("/")
        if told.scheme not in PORTS or not told.hostname or further:
            raise Misconfigured(_WRONG)
        if not sender.isprintable() or not ADDRESS.fullmatch(parseaddr(sender)[1]):
            raise Misconfigured("MAIL_FROM must be an address, as SMTP_URL is set.")
        self._scheme, self._host = told.scheme, told.hostname
        self._port = port or PORTS[told.scheme]
        self._user, self._password = unquote(told.username or ""), unquote(told.password or "")
        self._sender = sender

    def send(self, to: str, subject: str, text: str, html: str) -> None:
        """Send a letter in both forms; an error says what the server said."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, to, subject
        message["Date"] = formatdate(localtime=False)
        message["Message-ID"] = make_msgid(domain=self._sender.rpartition("@")[2].strip(">"))
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        message.add_alternative(html, subtype="html")
        try:
            self._deliver(message)
        except (OSError, smtplib.SMTPException, ValueError, IndexError) as error:
            told = " ".join(str(error).split())[:LONGEST_WORD]
            raise Unavailable(f"The mail server {self._host} says: {told}", 60) from None

    def _deliver(self, message: EmailMessage) -> None:
        server = self._connected()
        try:
            if self._user:
                server.login(self._user, self._password)
            server.send_message(message)
            # It is taken: whatever is said on leaving changes nothing.
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
        finally:
            server.close()

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self._scheme == "smtps":
            return smtplib.SMTP_SSL(self._host, self._port, timeout=PATIENCE_S, context=context)
        server = smtplib.SMTP(self._host, self._port, timeout=PATIENCE_S)
        try:
            server.ehlo()
            has_tls = server.has_extn("starttls")
            if has_tls:
                server.starttls(context=context)
        except BaseException:
            server.close()
            raise
        if has_tls or _is_here(self._host):
            return server
        server.close()
        raise smtplib.SMTPException("no STARTTLS, and nothing is sent in the open")


_WRONG = "SMTP_URL must be like smtps://user:password@mail.example.com or smtp://localhost:25"


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
