from django.urls import path

from dispensing.views import recalls

app_name = "dispensing"

urlpatterns = [
    path("recalls/<uuid:uuid>/", recalls.recall_answer, name="recall"),
]
