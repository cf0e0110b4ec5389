from django.urls import path

from accounts import views, views_addresses, views_security

app_name = "accounts"

urlpatterns = [
    path("role/", views.role, name="role"),
    path("physician/", views.physician, name="physician"),
    path("physician/identify/", views.physician_identify, name="physician-identify"),
    path("physician/delegates/", views.delegate_list, name="delegate-list"),
    path("physician/apply/", views.physician_apply, name="physician-apply"),
    path("physician/leave/", views.physician_leave, name="physician-leave"),
    path("physician/monitoring/", views.physician_monitoring, name="physician-monitoring"),
    path("physician/renewed/<slug:kind>/", views.physician_renewed, name="physician-renewed"),
    path("second-way/", views_security.second_way, name="second-way"),
    path("second-way/codes-kept/", views_security.codes_kept, name="codes-kept"),
    path("lost-phone/", views_security.lost_phone, name="lost-phone"),
    path("reset/", views_security.reset_cancel, name="reset-cancel"),
    path("reset/<str:token>/", views_security.reset_link, name="reset-link"),
    path("email/main/", views_addresses.main_address, name="main-address"),
    path("email/main/<str:token>/", views_addresses.main_address_link, name="main-address-link"),
    path("not-me/", views.not_me, name="not-me"),
    path("not-me/<str:token>/", views.not_me_link, name="not-me-link"),
]
