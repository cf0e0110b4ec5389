from django.urls import URLPattern, path

from pages import health, views

app_name = "pages"


def page(address: str, name: str) -> URLPattern:
    template = f"pages/{name.replace('-', '_')}.html"
    return path(address, views.Page.as_view(template_name=template), name=name)


urlpatterns = [
    page("", "home"),
    page("physicians/", "physicians"),
    page("faq/", "faq"),
    path("delivery-info/", views.DeliveryInfo.as_view(), name="delivery-info"),
    page("quick-reference/", "quick-reference"),
    page("privacy/", "privacy"),
    page("terms/", "terms"),
    page("accessibility/", "accessibility"),
    path("language/", views.language, name="language"),
    path("contact/", views.contact, name="contact"),
    page("contact/done/", "contact-done"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics_page, name="metrics"),
]
