"""A light load: patients who order and cancel as browsers do, and a ledger of their requests and answers."""

import threading
import time
from dataclasses import dataclass, field
from http.client import HTTPException
from itertools import cycle
from uuid import UUID, uuid4

from rehearsal.world import World
from tests import crowd
from tests.delivery.people import checkout_post

PAUSE = 0.5  # seconds between two steps of a person


@dataclass(frozen=True)
class Request:
    """A request and its answer; the status is 0 when the connection broke off."""

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
class OrderTry:
    """One press of the order button: its key, how often it was sent, and the number of the order in the answer."""

    key: UUID
    began: float
    tries: int = 0
    number: str = ""

    def __str__(self) -> str:
        return f"{self.key}, sent {self.tries} times"


@dataclass
class Ledger:
    """All requests and all tries to order, in the order of time."""

    requests: list[Request] = field(default_factory=list)
    order_tries: list[OrderTry] = field(default_factory=list)

    def since(self, moment: float) -> "Ledger":
        """Return the part of the ledger that began at that moment (time.monotonic()) or later."""
        return Ledger(
            [request for request in self.requests if request.began >= moment],
            [order_try for order_try in self.order_tries if order_try.began >= moment],
        )

    @property
    def failed(self) -> list[Request]:
        return [request for request in self.requests if request.failed]

    @property
    def without_order(self) -> list[OrderTry]:
        return [order_try for order_try in self.order_tries if not order_try.number]


class Orderer(crowd.Visitor):
    """A patient at a browser who repeats what failed: the same form with the same key, after `waits` seconds.

    `patience` is the number of repeats.
    """

    waits, patience = 0.5, 1

    def __init__(self, stage, session_key: str, ledger: Ledger) -> None:
        super().__init__(stage.url, session_key)
        self.stage, self.ledger, self.tries = stage, ledger, 0
        self.headers |= {"Origin": stage.url, "Referer": f"{stage.url}/"}

    def send(self, method: str, path: str, data: dict | None = None) -> crowd.Answer:
        """Return the answer, after up to `patience` repeats; `tries` then says how often the request was sent."""
        self.tries = 1
        answer = self._send_once(method, path, data, is_repeat=False)
        while (answer.status == 0 or answer.status >= 500) and self.tries <= self.patience:
            time.sleep(self.waits)
            answer = self._send_once(method, path, data, is_repeat=True)
            self.tries += 1
        return answer

    def _send_once(self, method, path, data, *, is_repeat) -> crowd.Answer:
        began, retry_after = time.monotonic(), ""
        # Each request opens a connection: an idle one may be closed in the moment of its use. A browser would silently
        # repeat the request then, and hide what a reload of the proxy does.
        self.connection = self.stage.proxy.connection()
        try:
            answer = self.get(path) if method == "GET" else self.post(path, data or {})
            retry_after = self.retry_after
        except (OSError, HTTPException):
            answer = crowd.Answer(0, "", b"")
        self.connection.close()
        self.ledger.requests.append(
            Request(method, path, answer.status, retry_after, began, time.monotonic(), is_repeat)
        )
        return answer

    def _ask(self, method, path, body, headers) -> crowd.Answer:
        self.connection.request(method, path, body, {**self.headers, **headers})
        response = self.connection.getresponse()
        self.retry_after = response.headers.get("Retry-After", "")
        return crowd.Answer(response.status, response.headers.get("Location", ""), response.read())

    def orders(self, product, window) -> OrderTry:
        """Put two of the product in the cart and book the window; return the try with the number of the order."""
        self.send("POST", "/delivery/cart/line/", {"product": product.sku, "quantity": 2})
        order_try = OrderTry(uuid4(), time.monotonic())
        self.ledger.order_tries.append(order_try)
        form = checkout_post(window, seen_cents=2 * product.price_cents, idempotency_key=order_try.key)
        answer = self.send("POST", "/delivery/checkout/", form)
        order_try.tries = self.tries
        if answer.status == 303:
            order_try.number = answer.location.rstrip("/").rpartition("/")[2]
        return order_try

    def cancels(self, number: str) -> None:
        self.send("GET", f"/delivery/orders/{number}/")
        self.send("POST", f"/delivery/orders/{number}/cancel/")


class Load:
    """The orderers at work, each in a thread, until `stop`."""

    def __init__(self, stage, world: World) -> None:
        self.ledger = Ledger()
        self.orderers = [Orderer(stage, key, self.ledger) for key in world.session_keys]
        self.is_over = threading.Event()
        self.errors: list[BaseException] = []
        # Each orderer has a product, so that nobody competes: `make drill` tries that.
        work = zip(self.orderers, world.products, cycle(world.windows), strict=False)
        self.threads = [threading.Thread(target=self._work, args=arguments, daemon=True) for arguments in work]
        for thread in self.threads:
            thread.start()

    def _work(self, orderer: Orderer, product, window) -> None:
        try:
            while not self.is_over.wait(PAUSE):
                order_try = orderer.orders(product, window)
                if order_try.number and not self.is_over.wait(PAUSE):
                    orderer.cancels(order_try.number)
        except BaseException as error:
            self.errors.append(error)

    def has_patience(self, tries: int) -> None:
        """Let all orderers repeat what fails up to so many times, from now on."""
        for orderer in self.orderers:
            orderer.patience = tries

    def wait_for_orders(self, count: int, *, seconds: float = 60) -> None:
        """Wait until so many more orders were placed, or the time is over; raise the error of a thread that ended."""
        enough = sum(bool(order_try.number) for order_try in self.ledger.order_tries) + count
        deadline = time.monotonic() + seconds
        while (
            sum(bool(order_try.number) for order_try in self.ledger.order_tries) < enough
            and time.monotonic() < deadline
        ):
            self._raise_first_error()
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop when all orderers have finished their work; raise the first error of a thread."""
        self.is_over.set()
        for thread in self.threads:
            thread.join(120)
        self._raise_first_error()

    def _raise_first_error(self) -> None:
        if self.errors:
            raise self.errors[0]
