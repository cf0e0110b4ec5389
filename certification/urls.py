from django.urls import path

from certification.views import (
    cards,
    caregivers,
    certificates,
    confirmation,
    joining,
    letters,
    patients,
    signing,
    steps,
)

app_name = "certification"

urlpatterns = [
    path("certification/", patients.patient_list, name="patient-list"),
    path("certification/add/", patients.certification_add, name="certification-add"),
    path("certification/<uuid:uuid>/questions/", steps.QuestionsView.as_view(), name="certification-questions"),
    path("certification/<uuid:uuid>/profile/", steps.ProfileView.as_view(), name="certification-profile"),
    path("certification/<uuid:uuid>/condition/", steps.ConditionView.as_view(), name="certification-condition"),
    path("certification/<uuid:uuid>/statement/", steps.StatementView.as_view(), name="certification-statement"),
    path("certification/<uuid:uuid>/caregiver/", steps.CaregiverView.as_view(), name="certification-caregiver"),
    path("certification/<uuid:uuid>/letters/", letters.LettersView.as_view(), name="certification-letters"),
    path("certification/<uuid:uuid>/letters/<slug:kind>/", letters.letter_file, name="certification-letter"),
    path("certification/<uuid:uuid>/review/", signing.review, name="certification-review"),
    path("certification/<uuid:uuid>/sign/", signing.sign, name="certification-sign"),
    path("certification/<uuid:uuid>/confirmation/", confirmation.confirmation, name="certification-confirmation"),
    path("certification/<uuid:uuid>/invite/", confirmation.invite, name="certification-invite"),
    path("certification/<uuid:uuid>/assign/", caregivers.assign, name="certification-assign"),
    path("certification/<uuid:uuid>/end-caregiver/", caregivers.end, name="certification-end-caregiver"),
    path("certification/<uuid:uuid>/code/", confirmation.print_code, name="certification-code"),
    path("certification/<uuid:uuid>/renew/", signing.renew, name="certification-renew"),
    path("certification/<uuid:uuid>/withdraw/", signing.withdraw, name="certification-withdraw"),
    path("certification/<uuid:uuid>/discard/", patients.certification_discard, name="certification-discard"),
    path("invitation/<str:token>/", joining.invitation_link, name="invitation-link"),
    path("invitation/", joining.invitation, name="invitation"),
    path("affirm/", joining.affirmation, name="affirmation"),
    path("certification/<uuid:uuid>/card/", cards.certification_card, name="certification-card"),
    path("certification/<uuid:uuid>/card/lost/", cards.card_lost, name="certification-card-lost"),
    path("certification/<uuid:uuid>/card.pdf", cards.certification_card_pdf, name="certification-card-pdf"),
    path("certification/<uuid:uuid>/certificate/", certificates.certificate, name="certification-certificate"),
    path(
        "certification/<uuid:uuid>/certificate.pdf",
        certificates.certificate_as_pdf,
        name="certification-certificate-pdf",
    ),
    path("card/", cards.card, name="card"),
    path("card.pdf", cards.card_pdf, name="card-pdf"),
    path("verify/<str:token>/", cards.verify, name="verify"),
]
