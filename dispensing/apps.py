from django.apps import AppConfig


class DispensingConfig(AppConfig):
    name = "dispensing"

    def ready(self) -> None:
        from certification.presenters import told
        from delivery.presenters import asked
        from dispensing import audit_names, emails, receivers, rules, samples
        from dispensing.presenters.assessments import told_by_patient
        from dispensing.views.assessment_cards import questions_about

        emails.register_kinds()
        samples.register_samples()
        audit_names.register()
        rules.ask_about_patients()
        told.register(told_by_patient)
        asked.register(questions_about)
        receivers.connect()
