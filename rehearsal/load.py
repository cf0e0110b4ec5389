"""A light load of orders: patients who order and cancel as browsers would, and what they were told."""

import threading
import time
from dataclasses import dataclass, field
from http.client import HTTPException
from itertools import cycle
from uuid import UUID, uuid4

from rehearsal.world import World
from tests import crowd
from tests.delivery.people import checkout_post

PAUSE = 0.5  # seconds between what one person does and what she does next


@dataclass(frozen=True)
class Asked:
    """One request and its answer; status 0 where the connection broke off."""

    method: str
    path: str
    status: int
    retry_after: str
    began: float  # time.monotonic()
    ended: float
    is_repeat: bool

    @property
    def failed(self) -> bool:
        return self.status == 0 or self.status >= 500

    def __str__(self) -> str:
        return f"{self.method} {self.path}: {self.status or 'broken off'} after {self.ended - self.began:.1f} s"


@dataclass
class Placed:
    """One press of the button: its key, how often it was sent, and the order it was told of."""

    key: UUID
    began: float
    tries: int = 0
    number: str = ""

    def __str__(self) -> str:
        return f"{self.key}, sent {self.tries} times"


@dataclass
class Ledger:
    """What all of them asked and were told, in order."""

    asked: list[Asked] = field(default_factory=list)
    placed: list[Placed] = field(default_factory=list)

    def since(self, moment: float) -> "Ledger":
        """What began at that moment (time.monotonic()) or later."""
        return Ledger([a for a in self.asked if a.began >= moment], [p for p in self.placed if p.began >= moment])

    @property
    def failed(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.failed]

    @property
    def not_placed(self) -> list[Placed]:
        return [placed for placed in self.placed if not placed.number]


class Orderer(crowd.Visitor):
    """A patient at a browser. What failed she sends once more, the same form with the same key, after `waits` seconds;
    with more `patience`, as often as that."""

    waits, patience = 0.5, 1

    def __init__(self, stage, session_key: str, ledger: Ledger) -> None:
        super().__init__(stage.url, session_key)
        self.stage, self.ledger, self.tries = stage, ledger, 0
        self.headers |= {"Origin": stage.url, "Referer": f"{stage.url}/"}

    def send(self, method: str, path: str, data: dict | None = None) -> crowd.Answer:
        """The answer, after as many repeats as she has patience for; how often it was sent stands in `tries`."""
        self.tries = 1
        answer = self._send_once(method, path, data, is_repeat=False)
        while (answer.status == 0 or answer.status >= 500) and self.tries <= self.patience:
            time.sleep(self.waits)
            answer = self._send_once(method, path, data, is_repeat=True)
            self.tries += 1
        return answer

    def _send_once(self, method, path, data, *, is_repeat) -> crowd.Answer:
        began, retry_after = time.monotonic(), ""
        # A connection of its own for each: one that stood idle may be closed just as it is used, and a browser, which
        # would ask again without a word, would hide from us what a reload of the proxy does.
        self.connection = self.stage.proxy.connection()
        try:
            answer = self.get(path) if method == "GET" else self.post(path, data or {})
            retry_after = self.retry_after
        except (OSError, HTTPException):
            answer = crowd.Answer(0, "", b"")
        self.connection.close()
        self.ledger.asked.append(Asked(method, path, answer.status, retry_after, began, time.monotonic(), is_repeat))
        return answer

    def _ask(self, method, path, body, headers) -> crowd.Answer:
        self.connection.request(method, path, body, {**self.headers, **headers})
        response = self.connection.getresponse()
        self.retry_after = response.headers.get("Retry-After", "")
        return crowd.Answer(response.status, response.headers.get("Location", ""), response.read())

    def orders(self, product, window) -> Placed:
        """Puts two of it in the cart and books the window; the number of the order stands in `number`."""
        self.send("POST", "/delivery/cart/", {"product": product.sku, "quantity": 2})
        placed = Placed(uuid4(), time.monotonic())
        self.ledger.placed.append(placed)
        form = checkout_post(window, seen_cents=2 * product.price_cents, idempotency_key=placed.key)
        answer = self.send("POST", "/delivery/checkout/", form)
        placed.tries = self.tries
        if answer.status == 303:
            placed.number = answer.location.rstrip("/").rpartition("/")[2]
        return placed

    def cancels(self, number: str) -> None:
        self.send("GET", f"/delivery/orders/{number}/")
        self.send("POST", f"/delivery/orders/{number}/cancel/")


class Load:
    """So many orderers at work, each in a thread, until `stop`."""

    def __init__(self, stage, world: World) -> None:
        self.ledger = Ledger()
        self.orderers = [Orderer(stage, key, self.ledger) for key in world.session_keys]
        self.is_over = threading.Event()
        self.errors: list[BaseException] = []
        # A product for each, and windows in turn: who comes first is tried elsewhere (make drill).
        work = zip(self.orderers, world.products, cycle(world.windows), strict=False)
        self.threads = [threading.Thread(target=self._work, args=one, daemon=True) for one in work]
        for thread in self.threads:
            thread.start()

    def _work(self, orderer: Orderer, product, window) -> None:
        try:
            while not self.is_over.wait(PAUSE):
                placed = orderer.orders(product, window)
                if placed.number and not self.is_over.wait(PAUSE):
                    orderer.cancels(placed.number)
        except BaseException as error:
            self.errors.append(error)

    def has_patience(self, tries: int) -> None:
        """From now on what fails is sent again up to so many times."""
        for orderer in self.orderers:
            orderer.patience = tries

    def wait_for_orders(self, count: int, *, seconds: float = 60) -> None:
        """Until so many more orders were placed, or the time is over."""
        enough = sum(bool(placed.number) for placed in self.ledger.placed) + count
        deadline = time.monotonic() + seconds
        while sum(bool(placed.number) for placed in self.ledger.placed) < enough and time.monotonic() < deadline:
            time.sleep(0.05)

    def stop(self) -> None:
        """Ends when all have done what they were doing; raises what went wrong in a thread."""
        self.is_over.set()
        for thread in self.threads:
            thread.join(120)
        if self.errors:
            raise self.errors[0]
