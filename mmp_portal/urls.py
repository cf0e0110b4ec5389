from functools import partial
from typing import Any, cast

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.utils.functional import SimpleLazyObject

from accounts.views.addresses import Addresses
from accounts.views.confirming import CheckYourMail
from accounts.views.second_factors import ReauthenticatePasskey
from notifications.views import mailbox, mailbox_message, text_received

# Django's own admin login counts no failures. The one of allauth does, and it asks for the second factor.
admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign] # as allauth documents it
admin.site.enable_nav_sidebar = False  # our bar takes its place
_apps_of = admin.site.get_app_list
# Django builds the list for its sidebar on each page; ours is read where it is shown.
admin.site.get_app_list = cast(Any, lambda *args: SimpleLazyObject(partial(_apps_of, *args)))  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = settings.DISPENSARY_NAME

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("accounts.urls")),
    path(
        "accounts/2fa/webauthn/reauthenticate/",
        ReauthenticatePasskey.as_view(),
        name="mfa_reauthenticate_webauthn",
    ),
    path("accounts/confirm-email/", CheckYourMail.as_view(), name="account_email_verification_sent"),
    path("accounts/email/", Addresses.as_view(), name="account_email"),
    path("accounts/", include("allauth.urls")),
    path("texts/received/", text_received, name="text-received"),
    path("", include("certification.urls")),
    path("", include("delivery.urls")),
    path("", include("dispensing.urls")),
    path("", include("pages.urls")),
]

handler400 = "pages.views.bad_request"
handler429 = "pages.views.too_many_tries"  # allauth looks for it here

if settings.DEBUG:
    urlpatterns += [
        path("mailbox/", mailbox, name="mailbox"),
        path("mailbox/<str:name>/", mailbox_message, name="mailbox-message"),
    ]
