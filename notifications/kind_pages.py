"""Pages of the admin that show every kind of message: who gets it, when, and how it looks with made-up data."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from notifications import kinds
from notifications.kinds import About
from notifications.previews import preview_of, style_hashes

LANGUAGES = {"en": "English", "es": "Español"}
PAGE = "admin:notifications_notification_kind"


@dataclass(frozen=True)
class Choice:
    """A link to another sample or language of the kind that is shown."""

    label: str
    url: str
    is_chosen: bool


class KindPages:
    """The list of kinds, the page of one, and its HTML alone, for staff who may see messages."""

    def __init__(self, of: "ModelAdmin[Any]") -> None:
        self.of = of

    @property
    def urls(self) -> list[URLPattern]:
        wrapped = self.of.admin_site.admin_view
        name = "notifications_notification_kind"
        return [
            path("kinds/", wrapped(require_safe(self.list_view)), name=f"{name}s"),
            path("kinds/<slug:kind>/", wrapped(require_safe(self.kind_view)), name=name),
            path("kinds/<slug:kind>/html/", wrapped(require_safe(self.html_view)), name=f"{name}_html"),
        ]

    def list_view(self, request: HttpRequest) -> TemplateResponse:
        self._check(request)
        rows = [(about, _title(about), reverse(PAGE, args=[about.name])) for about in kinds.abouts()]
        return self._page(request, "kinds.html", _("Kinds of messages"), rows=rows)

    def kind_view(self, request: HttpRequest, kind: str) -> TemplateResponse:
        """Show one sample of a kind in one language: the subject, the text and the HTML."""
        about, label, language = self._asked(request, kind)
        samples = [
            Choice(capfirst(name) or _("Usual"), _url(about, name, language), name == label) for name in about.samples()
        ]
        languages = [Choice(LANGUAGES[code], _url(about, label, code), code == language) for code in about.languages]
        return self._page(
            request,
            "kind.html",
            _title(about),
            about=about,
            samples=samples,
            languages=languages,
            language=language,
            preview=preview_of(about, label, language),
            html_url=_url(about, label, language, page=f"{PAGE}_html"),
        )

    def html_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Answer with the HTML of a mail for the frame of `kind_view`. The browser runs and loads nothing of it."""
        html = preview_of(*self._asked(request, kind)).html
        if not html:
            raise Http404
        policy = {
            "default-src": "'none'",
            "style-src": " ".join(style_hashes(html)),
            "frame-ancestors": "'self'",
            "base-uri": "'none'",
            "form-action": "'none'",
            "sandbox": "",
        }
        headers = {
            "Content-Security-Policy": "; ".join(f"{name} {sources}".strip() for name, sources in policy.items()),
            "X-Frame-Options": "SAMEORIGIN",
        }
        return HttpResponse(html, headers=headers)

    def _check(self, request: HttpRequest) -> None:
        if not self.of.has_view_permission(request):
            raise PermissionDenied

    def _asked(self, request: HttpRequest, kind: str) -> tuple[About, str, str]:
        """Return the kind, the sample and the language of the address; what is unknown is the first of each."""
        self._check(request)
        about = kinds.about(kind)
        if about is None:
            raise Http404
        sample, language = request.GET.get("sample", ""), request.GET.get("language", "")
        labels = list(about.samples())
        return (
            about,
            sample if sample in labels else labels[0],
            language if language in about.languages else about.languages[0],
        )

    def _page(self, request: HttpRequest, template: str, title: str, **context: Any) -> TemplateResponse:
        page = {**self.of.admin_site.each_context(request), "opts": self.of.opts, "title": title, **context}
        return TemplateResponse(request, f"admin/notifications/notification/{template}", page)


def _title(about: About) -> str:
    return capfirst(about.name.replace("_", " "))


def _url(about: About, label: str, language: str, *, page: str = PAGE) -> str:
    return f"{reverse(page, args=[about.name])}?{urlencode({'sample': label, 'language': language})}"
