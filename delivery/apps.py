from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DeliveryConfig(AppConfig):
    name = "delivery"

    def ready(self) -> None:
        from certification.presenters import allotment_left
        from delivery import audit_names, emails, receivers, samples
        from delivery.presenters.ledger import left_on_next_day

        emails.register_kinds()
        samples.register_samples()
        audit_names.register()
        receivers.connect()
        allotment_left.register(left_on_next_day)
        post_migrate.connect(receivers.on_migrated, sender=self)
