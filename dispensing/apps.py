from django.apps import AppConfig


class DispensingConfig(AppConfig):
    name = "dispensing"

    def ready(self) -> None:
        from dispensing import audit_names, receivers

        audit_names.register()
        receivers.connect()
