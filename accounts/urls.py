from django.urls import path

from accounts.views import addresses, physicians, second_factors, sessions

app_name = "accounts"

urlpatterns = [
    path("role/", physicians.role, name="role"),
    path("session/", sessions.session, name="session"),
    path("physician/", physicians.physician, name="physician"),
    path("physician/identify/", physicians.physician_identify, name="physician-identify"),
    path("physician/delegates/", physicians.delegate_list, name="delegate-list"),
    path("physician/apply/", physicians.physician_apply, name="physician-apply"),
    path("physician/leave/", physicians.physician_leave, name="physician-leave"),
    path("physician/monitoring/", physicians.physician_monitoring, name="physician-monitoring"),
    path("physician/renewed/<slug:kind>/", physicians.physician_renewed, name="physician-renewed"),
    path("second-way/", second_factors.second_way, name="second-way"),
    path("second-way/codes-kept/", second_factors.codes_kept, name="codes-kept"),
    path("lost-phone/", second_factors.lost_phone, name="lost-phone"),
    path("reset/", second_factors.reset_cancel, name="reset-cancel"),
    path("reset/<str:token>/", second_factors.reset_link, name="reset-link"),
    path("email/main/", addresses.main_address, name="main-address"),
    path("email/main/<str:token>/", addresses.main_address_link, name="main-address-link"),
    path("not-me/", physicians.not_me, name="not-me"),
    path("not-me/<str:token>/", physicians.not_me_link, name="not-me-link"),
]
