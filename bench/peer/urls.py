from django.http import HttpResponse
from django.urls import include, path

urlpatterns = [path("livez", lambda request: HttpResponse("ok")), path("", include("appointment.urls"))]
