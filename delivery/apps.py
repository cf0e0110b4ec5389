from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DeliveryConfig(AppConfig):
    name = "delivery"

    def ready(self) -> None:
        from delivery import audit_names, emails, receivers, samples

        emails.register_kinds()
        samples.register_samples()
        audit_names.register()
        receivers.connect()
        post_migrate.connect(receivers.on_migrated, sender=self)
