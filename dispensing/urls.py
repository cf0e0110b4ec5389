from django.urls import path

from dispensing.views import assessments, recalls

app_name = "dispensing"

urlpatterns = [
    path("assessments/", assessments.assessment_list, name="assessment-list"),
    path("assessments/<uuid:uuid>/", assessments.assessment, name="assessment"),
    path("assessments/<uuid:uuid>/skip/", assessments.assessment_skip, name="assessment-skip"),
    path("recalls/<uuid:uuid>/", recalls.recall_answer, name="recall"),
]
