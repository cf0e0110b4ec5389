from django.urls import path

from accounts import views

app_name = "accounts"

urlpatterns = [
    path("role/", views.role, name="role"),
    path("physician/", views.physician, name="physician"),
    path("physician/identify/", views.physician_identify, name="physician-identify"),
    path("physician/delegates/", views.delegate_list, name="delegate-list"),
]
