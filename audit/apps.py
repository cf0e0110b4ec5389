from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    name = "audit"

    def ready(self) -> None:
        from audit.receivers import on_migrated

        post_migrate.connect(on_migrated, sender=self)
