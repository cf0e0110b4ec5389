"""`make screens`: a picture of every page of the demo, for each role, at 1200 and 390 px, in var/screens/.

The pictures that README and tours show go to docs/images/, in fewer colors, because they are kept in the repository.
Last come the pages of a run under way, in var/screens/wednesday/: the demo's next Wednesday is moved to this day.
"""

import logging
import re
import shutil
import signal
import sys
from datetime import datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pypdfium2
import requests
from PIL import Image
from playwright.sync_api import sync_playwright

from scan import portal
from tests import browser, crawl

BASE_DIR = Path(__file__).resolve().parent.parent
EVERY_PAGE, SHOWN = BASE_DIR / "var" / "screens", BASE_DIR / "docs" / "images"
WIDTHS = (1200, 390)
HIGHEST = 12_000  # px of a picture
ONLY = {"--documented", "--wednesday"}  # the parts that can be taken alone
COLORS, LONGEST = 64, 1_700  # colors and px of a picture in the documentation
ROLES = {
    "nobody": "", "physician": "amara.osei", "applicant": "edith.frost", "delegate": "dana.reyes",
    "patient": "rosa.delgado", "caregiver": "nora.hart", "registrar": "registrar", "pharmacist": "pharmacist",
    "technician": "technician", "driver": "driver", "manager": "manager", "auditor": "auditor",
    "administrator": "admin",
}  # fmt: skip
STARTS = ("/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/no-such-page/")
ENDS_SESSION = re.compile(r"/(logout|session|language)/")

# Pictures of the documentation: file, role, address or a function of the demo that returns it, width.
DOCUMENTED = [
    ("home", "nobody", "/", 1200),
    ("menu", "patient", "/delivery/", 390),
    ("cart", "patient", "a_cart_that_is_short", 390),
    ("checkout", "patient", "a_cart_to_check_out", 390),
    ("patient-home", "patient", "/home/", 390),
    ("card", "patient", "/card/", 390),
    ("physician-start", "physician", "/certification/start/", 1200),
    ("record", "physician", "record_of_rosa", 1200),
    ("renew", "physician", "renewal_of_samuel", 1200),
    ("staff-start", "pharmacist", "/admin/", 1200),
    ("order-review", "pharmacist", "order_to_review", 1200),
    ("run-sheet", "driver", "run_of_next_wednesday", 390),
]


def main() -> int:
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGTERM, lambda *_args: sys.exit(143))  # so that the servers end and their folders are removed
    with portal.database() as url:
        from pages import demo

        demo.seed()
        with portal.served(url) as base, sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=browser.chromium(), args=browser.launch_arguments())
            screens = Screens(chromium, base)
            taken = 0 if ONLY & set(sys.argv) else screens.every_page()
            taken += 0 if "--wednesday" in sys.argv else screens.documented()
            taken += 0 if "--documented" in sys.argv else screens.wednesday()
            chromium.close()
    print(f"{taken} pictures: {EVERY_PAGE.relative_to(BASE_DIR)}/ and {SHOWN.relative_to(BASE_DIR)}/")
    return 0


class Screens:
    """Takes the pictures of a portal in one browser, signed in as one person after the other."""

    def __init__(self, chromium, base):
        self.chromium, self.base = chromium, base

    def every_page(self) -> int:
        """Take a picture of the first page of each route that the role reaches; return how many were taken."""
        shutil.rmtree(EVERY_PAGE, ignore_errors=True)
        taken = 0
        for role in ROLES:
            cookies = self._cookies(role)
            pages = self._pages(cookies)
            for width in WIDTHS:
                tab = self._tab(cookies, width)
                for name, address in pages.items():
                    self._save(tab, address, EVERY_PAGE / role / f"{name}-{width}.png")
                    taken += 1
                tab.context.close()
            print(f"{role}: {len(pages)} pages", flush=True)
        return taken

    def documented(self) -> int:
        """Take the pictures of the documentation; return how many were taken."""
        SHOWN.mkdir(exist_ok=True)
        for name, role, where, width in DOCUMENTED:
            tab = self._tab(self._cookies(role), width)
            address = where if where.startswith("/") else globals()[where]()
            self._save(tab, urljoin(self.base, address), SHOWN / f"{name}.png", colors=COLORS, longest=LONGEST)
            tab.context.close()
        return len(DOCUMENTED)

    def wednesday(self) -> int:
        """Take the pictures of a run under way, with one stop done; return how many were taken."""
        from django.urls import reverse

        folder = EVERY_PAGE / "wednesday"
        shutil.rmtree(folder, ignore_errors=True)
        run = run_under_way()
        pages = [
            ("start", "manager", "/admin/", WIDTHS),
            ("sheet", "driver", f"/delivery/runs/{run.uuid}/", (390,)),
            ("run", "manager", reverse("admin:delivery_run_change", args=[run.pk]), WIDTHS),
            ("settle", "manager", reverse("admin:delivery_run_step", args=[run.pk, "settle"]), WIDTHS),
        ]
        for name, role, address, widths in pages:
            for width in widths:
                tab = self._tab(self._cookies(role), width)
                self._save(tab, urljoin(self.base, address), folder / f"{name}-{width}.png")
                tab.context.close()
        tab = self._tab(self._cookies("manager"), 1200)
        pack = reverse("admin:delivery_run_pack", args=[run.window_id])
        answer = tab.request.get(urljoin(self.base, pack))
        with pypdfium2.PdfDocument(answer.body()) as document:
            for number, page in enumerate(document, start=1):
                page.render(scale=1.5).to_pil().save(folder / f"pack-{number}.png")
        return len(list(folder.iterdir()))

    def _cookies(self, role: str) -> dict[str, str]:
        from accounts.models import User
        from tests import factories

        if not ROLES[role]:
            return {}
        client = factories.client_for(User.objects.get(email=f"{ROLES[role]}@portal.example"))
        return {"__Host-session": client.cookies["__Host-session"].value, "__Host-csrf": portal.CSRF}

    def _pages(self, cookies: dict[str, str]) -> dict[str, str]:
        """Return the address of the first page of each route, by the name of its picture."""
        header = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        found: dict[str, str] = {}

        def ask(address: str) -> crawl.Answer:
            if ENDS_SESSION.search(address):
                return crawl.Answer(404)
            answer = requests.get(address, headers=header, allow_redirects=False, timeout=30)
            is_html = answer.headers.get("Content-Type", "").startswith("text/html")
            if is_html and (answer.status_code == 200 or address.endswith("/no-such-page/")):
                route = crawl.route_of(address) or urlsplit(address).path.strip("/")
                found.setdefault(route.replace(":", "-").replace("/", "-"), address)
            return crawl.Answer(answer.status_code, answer.text if is_html else "", answer.headers.get("Location", ""))

        starts = [urljoin(self.base, start) for start in (*STARTS, "/accounts/role/")]
        for _page in crawl.crawl(ask, starts, per_route=1):
            pass
        return found

    def _tab(self, cookies: dict[str, str], width: int):
        context = self.chromium.new_context(viewport={"width": width, "height": 900})
        host = urlsplit(self.base).hostname
        context.add_cookies(
            [{"name": n, "value": v, "domain": host, "path": "/", "secure": True} for n, v in cookies.items()]
        )
        return context.new_page()

    def _save(self, tab, address: str, file: Path, *, colors: int = 0, longest: int = HIGHEST) -> None:
        """Save a picture of the whole page, with at most so many colors; 0 keeps all."""
        tab.goto(address)
        height = min(tab.evaluate("document.documentElement.scrollHeight"), longest)
        width = tab.viewport_size["width"]
        tab.set_viewport_size({"width": width, "height": max(height, 600)})
        shot = tab.screenshot()
        tab.set_viewport_size({"width": width, "height": 900})
        file.parent.mkdir(parents=True, exist_ok=True)
        picture = Image.open(BytesIO(shot))
        if colors:
            picture = picture.convert("RGB").quantize(colors)
        picture.save(file, optimize=bool(colors))


def a_cart_that_is_short() -> str:
    fill_cart("FL-CHARTER-35", "ED-BROWNIE-20")
    return "/delivery/cart/"


def a_cart_to_check_out() -> str:
    fill_cart("ED-MINT-50")
    return "/delivery/checkout/"


def fill_cart(*skus: str) -> None:
    from certification.models import Patient
    from delivery.models import Product
    from tests import factories

    rosa = Patient.objects.get(first_name="Rosa", user__isnull=False)
    factories.cart(rosa, *((Product.objects.get(sku=sku), 1) for sku in skus))


def record_of_rosa() -> str:
    from certification.models import Certification

    signed = Certification.objects.filter(patient__first_name="Rosa", status="active").latest("certified_at")
    return f"/certification/{signed.uuid}/confirmation/"


def renewal_of_samuel() -> str:
    from certification.models import Certification

    signed = Certification.objects.filter(patient__first_name="Samuel").latest("certified_at")
    return f"/certification/{signed.uuid}/renew/"


def order_to_review() -> str:
    from delivery.models import Order

    return f"/admin/delivery/order/{Order.objects.filter(status='placed').order_by('pk').first().pk}/change/"


def run_of_next_wednesday() -> str:
    from delivery.models import Run

    return f"/delivery/runs/{Run.objects.filter(closed_at=None).latest('window__date').uuid}/"


def run_under_way():
    """Return the run of the demo's next Wednesday, as if that were today: one order is handed over, the others wait."""
    from django.utils import timezone

    from delivery import actions
    from delivery.models import DeliveryWindow, Order, Run
    from tests.delivery import door

    run = Run.objects.filter(closed_at=None).latest("window__date")
    now = timezone.localtime()
    starts = max(now - timedelta(hours=1), datetime.combine(now, time.min, now.tzinfo)).time()
    DeliveryWindow.objects.filter(pk=run.window_id).update(date=now.date(), starts=starts, ends=time(23, 59))
    for order in run.orders.filter(status=Order.Status.CONFIRMED):
        actions.pack_order(order=order, by=run.driver)
    run = Run.objects.select_related("window", "driver").get(pk=run.pk)
    actions.dispatch_run(run=run, by=run.driver)
    first = run.orders.filter(status=Order.Status.OUT_FOR_DELIVERY).order_by("position").first()
    answers = door.answers(first, cash_cents=first.subtotal_cents + 500)
    actions.hand_over(order=first, run=run, answers=answers, stated_at=None, by=run.driver)
    return run


if __name__ == "__main__":
    sys.exit(main())
