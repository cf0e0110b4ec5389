"""The portal with a page that raises an error with the posted data; tests/test_sentry.py looks at the report."""

import os
from importlib import import_module

application = import_module("mmp_portal.wsgi").application  # before anything that needs Django's settings
settings = import_module("django.conf").settings
login_not_required = import_module("django.contrib.auth.decorators").login_not_required
csrf_exempt = import_module("django.views.decorators.csrf").csrf_exempt
connection = import_module("django.db").connection
structlog = import_module("structlog")
path = import_module("django.urls").path
urls = import_module("mmp_portal.urls")


@csrf_exempt
@login_not_required
def breaks(request, token):
    name = request.POST["name"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s", [name])
    structlog.get_logger("tests").error("page_breaks", who=name)
    import_module("logging").getLogger("a.library").error(f"could not greet {name}")
    raise ValueError(f"nobody is called {name} ({request.GET['q']}, {token})")


urls.urlpatterns.append(path("verify/<str:token>/breaks/", breaks, name="breaks"))
if os.environ.get("SENTRY_AS_IT_COMES"):  # the control: the same library with the setup of its manual
    import_module("sentry_sdk").init(
        dsn=os.environ["SENTRY_AS_IT_COMES"],
        integrations=[import_module("sentry_sdk.integrations.django").DjangoIntegration()],
        auto_enabling_integrations=False,  # it would import every library that it knows
        send_default_pii=True,
        max_request_body_size="always",
    )
