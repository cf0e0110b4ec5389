from django.apps import AppConfig


class DispensingConfig(AppConfig):
    name = "dispensing"

    def ready(self) -> None:
        from certification.presenters import told
        from delivery.presenters import asked
        from dispensing import audit_names, emails, receivers, samples
        from dispensing.presenters import assessments

        emails.register_kinds()
        samples.register_samples()
        audit_names.register()
        told.register(assessments.told_by_patient)
        asked.register(assessments.questions_about)
        receivers.connect()
