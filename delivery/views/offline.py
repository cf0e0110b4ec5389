"""What the phone of a driver asks for, so that the run sheet works without network (static/js/run/).

The worker, the manifest and the page that stands in are public: they say nothing about anybody.
"""

import hashlib
import json

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts.requests import SignedInRequest
from audit.actions import record
from delivery.models import Run
from delivery.presenters.run_sheet import run_sheet
from delivery.views.drivers import run_required
from delivery.views.runs import about, card_context, sheet_context

WORKER = settings.BASE_DIR / "static" / "js" / "run" / "worker.js"
# What the page that stands in loads. The worker keeps these files, and no others.
FILES = (
    "built/portal.css", "img/favicon.svg", "js/portal.js", "js/run/seal.js", "js/run/store.js", "js/run/queue.js",
    "js/run/card.js", "js/run/shown.js", "js/run/pin.js", "js/run/sheet.js", "js/door.js",
    "built/fonts/public-sans-latin-400-normal.woff2", "built/fonts/public-sans-latin-700-normal.woff2",
    "built/img/usa-icons/phone.svg", "built/img/usa-icons/check.svg", "built/img/usa-icons/location_on.svg",
    "built/img/usa-icons/wifi.svg", "built/img/correct8.svg",
)  # fmt: skip


@require_safe
@run_required
def run_state(request: SignedInRequest, run: Run) -> HttpResponse:
    """Return the portal's clock, and a fresh token for what the phone sends."""
    return JsonResponse({"now": timezone.now().isoformat(), "token": get_token(request)})


@require_safe
@run_required
def run_copy(request: SignedInRequest, run: Run) -> HttpResponse:
    """Return the whole sheet with a card for each order at hand; the phone seals it."""
    sheet = run_sheet(run, today=timezone.localdate())
    record(action="run.keep", by=request.user, subject=run)
    cards = {
        stop.order.number: render_to_string("delivery/_run_stop.html", card_context(sheet, stop), request)
        for stop in sheet.at_hand
    }
    main = render_to_string("delivery/_run_sheet.html", sheet_context(sheet), request)
    return JsonResponse({"now": timezone.now().isoformat(), "main": main, "cards": cards, **about(run)})


@require_safe
@login_not_required
@cache_control(no_cache=True)
def run_worker(request: HttpRequest) -> HttpResponse:
    """Return the service worker: its own folder is its scope, the drivers' pages."""
    shell = render_to_string("delivery/run_away.html")
    files = [reverse("delivery:run-away"), *map(static, FILES)]
    source = WORKER.read_text()
    version = hashlib.sha256("".join([source, shell, *files]).encode()).hexdigest()[:12]
    head = f"const VERSION = {json.dumps(version)};\nconst FILES = {json.dumps(files)};\n"
    return HttpResponse(head + source, content_type="text/javascript; charset=utf-8")


@require_safe
@login_not_required
@cache_control(no_cache=True)
def run_away(request: HttpRequest) -> HttpResponse:
    """Return the page that stands in without network: it opens the sheet that the phone has sealed."""
    return render(request, "delivery/run_away.html")


@require_safe
@login_not_required
@cache_control(max_age=3600)
def run_manifest(request: HttpRequest) -> HttpResponse:
    """Return the manifest with which a phone installs the drivers' pages."""
    start = reverse("delivery:run-list")
    icons = [
        {"src": static(f"img/run-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    manifest = {
        "id": start, "start_url": start, "scope": start, "name": _("Run sheet"), "short_name": _("Runs"),
        "display": "standalone", "background_color": "#ffffff", "theme_color": "#0f3c3a", "icons": icons,
    }  # fmt: skip
    return JsonResponse(manifest, content_type="application/manifest+json")
