from django.apps import AppConfig


class DispensingConfig(AppConfig):
    name = "dispensing"

    def ready(self) -> None:
        from dispensing import audit_names, emails, receivers, samples

        emails.register_kinds()
        samples.register_samples()
        audit_names.register()
        receivers.connect()
