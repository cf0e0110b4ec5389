from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from notifications import (
            kinds,
            tasks,  # noqa: F401  the web process wakes the sender by the task's name
            texts,
        )

        kinds.register("text_help", context_for=texts.no_words)
        kinds.register("text_start", context_for=texts.no_words)
        kinds.register("text_stopped", context_for=texts.words_if_prompt)
