"""An IMAP server of this machine with one folder, and the mails that servers send back."""

import threading
from email.message import EmailMessage, Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from io import BytesIO
from typing import Self

from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import Portal
from twisted.internet import protocol, reactor
from twisted.internet.threads import blockingCallFromThread
from twisted.mail import imap4
from zope.interface import implementer

USER, PASSWORD = "bounces@example.org", "made up/secret"


@implementer(imap4.IMessage, imap4.IMessageFile)
class Mail:
    def __init__(self, uid, content):
        self.uid, self.content, self.flags = uid, content, []

    # twisted calls the methods of these two classes by their names.

    def getUID(self):  # noqa: N802
        return self.uid

    def getFlags(self):  # noqa: N802
        return self.flags

    def getSize(self):  # noqa: N802
        return len(self.content)

    def open(self):
        return BytesIO(self.content)


@implementer(imap4.IMailbox)
class Folder:
    def __init__(self):
        self.mails, self.uid_validity, self.next_uid = [], 7, 1

    def getUIDValidity(self):  # noqa: N802
        return self.uid_validity

    def getMessageCount(self):  # noqa: N802
        return len(self.mails)

    def getRecentCount(self):  # noqa: N802
        return 0

    def getFlags(self):  # noqa: N802
        return ["\\Seen"]

    def isWriteable(self):  # noqa: N802
        return True

    def addListener(self, listener):  # noqa: N802
        pass

    removeListener = addListener  # noqa: N815

    def fetch(self, messages, uid):
        messages.last = max((mail.uid if uid else number for number, mail in self._numbered()), default=1)
        return [(number, mail) for number, mail in self._numbered() if (mail.uid if uid else number) in messages]

    def store(self, messages, flags, mode, uid):
        found = self.fetch(messages, uid)
        for _number, mail in found:
            mail.flags += flags
        return {number: mail.flags for number, mail in found}

    def _numbered(self):
        return list(enumerate(self.mails, start=1))


class ImapServer:
    """A server on `port`; `seen` are the UIDs that were marked as read. It runs on twisted's one loop, in a thread."""

    def __init__(self) -> None:
        _run_loop()
        self.folder = Folder()
        account = imap4.MemoryAccount(USER)
        account.addMailbox("Back", self.folder)
        checker = InMemoryUsernamePasswordDatabaseDontUse()
        checker.addUser(USER.encode(), PASSWORD.encode())
        realm = type("Realm", (), {"requestAvatar": lambda *_: (imap4.IAccount, account, lambda: None)})()
        factory = protocol.Factory()
        factory.noisy = False
        factory.protocol = imap4.IMAP4Server
        factory.buildProtocol = lambda _address: self._protocol(Portal(realm, [checker]))
        self._listening = blockingCallFromThread(reactor, reactor.listenTCP, 0, factory, interface="127.0.0.1")
        self.port = self._listening.getHost().port

    @staticmethod
    def _protocol(portal):
        server = imap4.IMAP4Server()
        server.portal = portal
        return server

    @property
    def seen(self) -> list[int]:
        return [mail.uid for mail in self.folder.mails if "\\Seen" in mail.flags]

    def receive(self, *mails: Message | bytes) -> None:
        for mail in mails:
            content = mail if isinstance(mail, bytes) else mail.as_bytes()
            self.folder.mails.append(Mail(self.folder.next_uid, content))
            self.folder.next_uid += 1

    def stop(self) -> None:
        blockingCallFromThread(reactor, self._listening.stopListening)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()


def _run_loop() -> None:
    if not reactor.running:
        started = threading.Event()
        reactor.callWhenRunning(started.set)
        threading.Thread(target=reactor.run, kwargs={"installSignalHandlers": False}, daemon=True).start()
        assert started.wait(10)


def account(port: int, **over) -> dict:
    """Return the setting BOUNCE_MAILBOX for a server on this port."""
    return {
        "name": f"127.0.0.1:{port}/{USER}/Back", "host": "127.0.0.1", "port": port, "user": USER,
        "password": PASSWORD, "folder": "Back", "is_encrypted": False, **over,
    }  # fmt: skip


def sent_back(original: Message, *, status="5.1.1", action="failed", diagnostic="", recipient="") -> MIMEMultipart:
    """Return the report of RFC 3464 that a mail server sends about a mail, with the mail's headers."""
    report = MIMEMultipart("report", report_type="delivery-status")
    report["From"], report["Subject"] = "MAILER-DAEMON@mx.example.net", "Undelivered Mail Returned to Sender"
    report.attach(MIMEText("The message could not be delivered.\n"))
    whole, person = Message(), Message()
    whole["Reporting-MTA"] = "dns; mx.example.net"
    person["Final-Recipient"] = f"rfc822; {recipient or original['To']}"
    person["Action"], person["Status"] = action, status
    if diagnostic:
        person["Diagnostic-Code"] = f"smtp; {diagnostic}"
    machine = Message()
    machine.set_type("message/delivery-status")
    machine.set_payload([whole, person])
    report.attach(machine)
    headers = "\n".join(f"{name}: {value}" for name, value in original.items())
    report.attach(MIMEText(headers, "rfc822-headers"))
    return report


def plain_mail(text: str, **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "somebody@example.net", "Re: your message"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail
