from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CertificationConfig(AppConfig):
    name = "certification"

    def ready(self) -> None:
        from certification import audit_names, emails, receivers, samples, search
        from notifications import recipients

        emails.register_kinds()
        samples.register_samples()
        audit_names.register()
        recipients.register(search.addresses_called)
        receivers.connect()
        post_migrate.connect(receivers.on_migrated, sender=self)
        post_migrate.connect(receivers.on_migrated_give_new_ids, sender=self)
