from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from ui.fields import EncryptedTextField
from ui.prepared_rows import PreparedRowQuerySet


class NotificationQuerySet(PreparedRowQuerySet):
    def waiting_mails(self) -> "NotificationQuerySet":
        """Return the e-mails that are not sent yet: new ones, those of another try, and those being sent."""
        waits = [Notification.Status.QUEUED, Notification.Status.SENDING]
        return self.filter(status__in=waits, channel=Notification.Channel.EMAIL)

    def failed_since(self, moment: datetime) -> "NotificationQuerySet":
        """Return the messages written since `moment` that have failed. (No message is tried for two days.)"""
        return self.filter(status=Notification.Status.FAILED, created_at__gte=moment)

    def calls_to_make(self) -> "NotificationQuerySet":
        """Return the calls that staff still have to make."""
        return self.filter(status=Notification.Status.QUEUED, channel=Notification.Channel.PHONE)

    def late(self, since: datetime) -> "NotificationQuerySet":
        """Return the urgent calls and letters, queued before `since`, that staff have not done yet."""
        by_hand = [Notification.Channel.PHONE, Notification.Channel.LETTER]
        waits = self.filter(status=Notification.Status.QUEUED, channel__in=by_hand)
        return waits.filter(priority__lt=Notification.BULK, created_at__lt=since)

    def to_print(self, batch: "LetterBatch") -> "NotificationQuerySet":
        """Return the letters of a batch that were not cancelled, in the order in which they were put into it."""
        printed = self.filter(letter_batch=batch).exclude(status=Notification.Status.CANCELLED)
        return printed.order_by("priority", "created_at", "pk")


class Notification(models.Model):
    """A message to one recipient.

    It is written in the transaction of what it is about, and rendered when it is sent.
    """

    URGENT, BULK = 5, 9  # priorities: somebody waits for the first kind, nobody for an hour for the second

    class Channel(models.TextChoices):
        EMAIL = "email", _("e-mail")
        SMS = "sms", _("text message")
        PHONE = "phone", _("phone call by staff")
        LETTER = "letter", _("letter")

    class Status(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("sending")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("no longer true")

    created_at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=60)
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.EMAIL)
    recipient = models.CharField(max_length=254)
    language = models.CharField(max_length=10, default="en")
    context = models.JSONField(default=dict, help_text=_("Ids, dates and figures; never names."))
    secret = EncryptedTextField(
        null=True, blank=True, editable=False, help_text=_("A one-time link, erased when sent.")
    )
    dedupe_key = models.CharField(max_length=200, unique=True)
    due_at = models.DateTimeField()
    priority = models.PositiveSmallIntegerField(default=URGENT, help_text=_("1 goes first."))
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    # A message may kill each worker that sends it. The try gets no answer, so `attempts` cannot tell.
    lost_workers = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text=_("How many workers died, or ran out of time, with the message in hand.")
    )
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    message_id = models.CharField(max_length=120, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    letter_batch = models.ForeignKey(
        "LetterBatch", null=True, blank=True, on_delete=models.PROTECT, related_name="letters", db_index=False
    )

    objects = NotificationQuerySet.as_manager()

    class Meta:
        # The others hold only what their figure counts, so a million sent messages cost the figures nothing.
        indexes = [
            models.Index(fields=["status", "priority", "due_at", "id"], name="notification_to_send"),
            models.Index(
                fields=["created_at"],
                condition=models.Q(channel="email", priority__lt=9, status__in=["queued", "sending"]),
                name="notification_urgent_waits",
            ),
            models.Index(
                fields=["created_at"],
                condition=models.Q(channel="email", priority__gte=9, status__in=["queued", "sending"]),
                name="notification_bulk_waits",
            ),
            models.Index(
                fields=["status", "channel", "priority", "due_at"],  # SQLite prefers it for the first two
                condition=models.Q(channel="phone", status="queued"),
                name="notification_calls",
            ),
            models.Index(
                fields=["created_at", "last_error"],
                condition=models.Q(status="failed"),
                name="notification_failed",
            ),
            # A million mails may wait beside a few texts and letters.
            models.Index(
                fields=["channel", "status", "priority", "due_at", "id"],
                condition=models.Q(channel__in=["sms", "letter"]),
                name="notification_by_other_way",
            ),
            models.Index(
                fields=["created_at"],
                condition=models.Q(channel="sms", status="queued"),
                name="notification_texts_wait",
            ),
            models.Index(
                fields=["created_at"],
                condition=models.Q(channel="letter", status="queued"),
                name="notification_letters_wait",
            ),
            models.Index(
                fields=["letter_batch"],
                condition=models.Q(letter_batch__isnull=False),
                name="notification_of_letter_batch",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["queued", "sending", "sent", "failed", "cancelled"]),
                name="notification_status",
            ),
            models.CheckConstraint(
                condition=models.Q(channel__in=["email", "sms", "phone", "letter"]), name="notification_channel"
            ),
            models.CheckConstraint(
                condition=models.Q(letter_batch__isnull=True) | models.Q(channel="letter"),
                name="notification_batch_is_of_letters",
            ),
            models.CheckConstraint(  # paper lies open on a desk
                condition=~models.Q(channel="letter") | models.Q(secret__isnull=True),
                name="notification_letter_has_no_secret",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="sending") | models.Q(lease_until__isnull=False),
                name="notification_sending_has_lease",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="sent") | models.Q(sent_at__isnull=False, secret__isnull=True),
                name="notification_sent_has_time_and_no_secret",
            ),
        ]

    def __str__(self) -> str:
        return f"notification {self.pk}"


class BounceQuerySet(models.QuerySet["Bounce"]):
    def stopped(self) -> "BounceQuerySet":
        """Return the addresses to which no message goes now."""
        return self.filter(stopped_at__isnull=False)


class Bounce(models.Model):
    """An e-mail address from which mail has come back. An address without a row is in order.

    `stopped_at` is since when no message goes to the address; it is empty while a few mails have come back that may
    arrive another time, and again after staff have cleared the address. `count` is the number of mails that came back
    since `first_at`; after a pause or a clearing both start anew.
    """

    class Kind(models.TextChoices):
        HARD = "hard", _("the address takes no mail")
        SOFT = "soft", _("for now, for example a full mailbox")

    created_at = models.DateTimeField(auto_now_add=True)
    address = models.CharField(_("address"), max_length=254, unique=True)  # in lower case
    kind = models.CharField(_("kind"), max_length=4, choices=Kind)
    count = models.PositiveIntegerField(_("mails that came back"), default=1)
    status_code = models.CharField(
        _("status code"), max_length=12, blank=True, help_text=_("Such as 5.1.1 (RFC 3463).")
    )
    first_at = models.DateTimeField(_("first"))
    last_at = models.DateTimeField(_("last"))
    notification = models.ForeignKey(
        Notification, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("last message")
    )
    stopped_at = models.DateTimeField(_("no mail since"), null=True, blank=True)
    cleared_at = models.DateTimeField(_("cleared"), null=True, blank=True)

    objects = BounceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=["hard", "soft"]), name="bounce_kind"),
            models.CheckConstraint(
                condition=~models.Q(address="") & models.Q(address=Lower("address")),
                name="bounce_address_in_lower_case",
            ),
            models.CheckConstraint(condition=models.Q(count__gte=1), name="bounce_count"),
            models.CheckConstraint(
                condition=models.Q(last_at__gte=models.F("first_at")), name="bounce_last_is_not_before_first"
            ),
            models.CheckConstraint(
                condition=models.Q(stopped_at__isnull=True) | models.Q(cleared_at__isnull=True),
                name="bounce_stopped_or_cleared",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="hard", stopped_at__isnull=True, cleared_at__isnull=True),
                name="bounce_hard_stops_unless_cleared",
            ),
        ]

    def __str__(self) -> str:
        return f"bounce {self.pk}"


class BounceMailbox(models.Model):
    """How far the mailbox to which mail comes back was read, so that each mail counts once.

    `unmatched` counts bounces of no message of ours, `unreadable` mails that no parser took.
    """

    created_at = models.DateTimeField(auto_now_add=True)
    name = models.CharField(max_length=500, unique=True, help_text=_("Server, user and folder."))
    uid_validity = models.PositiveBigIntegerField(default=0)
    last_uid = models.PositiveBigIntegerField(default=0)
    bounced = models.PositiveIntegerField(default=0)
    unmatched = models.PositiveIntegerField(default=0)
    unreadable = models.PositiveIntegerField(default=0)
    read_at = models.DateTimeField(null=True, blank=True, help_text=_("The end of the last visit without an error."))
    last_error = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"mailbox {self.pk}"


class CallTry(models.Model):
    """One try to reach somebody by a call of the call list, and what came of it."""

    class Outcome(models.TextChoices):
        REACHED = "reached", _("Reached: the person was told")
        MESSAGE = "message", _("Left a message to call back")
        NO_ANSWER = "no_answer", _("No answer")
        WRONG = "wrong", _("Wrong number")

    created_at = models.DateTimeField(auto_now_add=True)
    notification = models.ForeignKey(Notification, on_delete=models.PROTECT, related_name="tries")
    outcome = models.CharField(max_length=10, choices=Outcome)
    note = EncryptedTextField(blank=True)
    called_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("try to call")
        verbose_name_plural = _("tries to call")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome__in=["reached", "message", "no_answer", "wrong"]), name="call_try_outcome"
            ),
            models.UniqueConstraint(
                fields=["notification"], condition=models.Q(outcome="reached"), name="call_try_reached_once"
            ),
        ]

    def __str__(self) -> str:
        return f"call {self.pk}"


class LetterBatch(models.Model):
    """Letters that are printed as one PDF and posted together."""

    created_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    count = models.PositiveSmallIntegerField(help_text=_("How many letters were put into it."))
    posted_at = models.DateTimeField(null=True, blank=True)
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("batch of letters")
        verbose_name_plural = _("letters to print")

    def __str__(self) -> str:
        return f"letters {self.pk}"


class TextConsentQuerySet(models.QuerySet["TextConsent"]):
    def open(self) -> "TextConsentQuerySet":
        """Return the agreements that have not been ended."""
        return self.filter(ended_at__isnull=True)


class TextConsent(models.Model):
    """The agreement to get texts at a phone number: the exact words, who agreed to them when, and when it ended."""

    class Given(models.TextChoices):
        PORTAL = "portal", _("ticked on the portal")
        PHONE = "phone", _("said on the phone to staff")

    class Ended(models.TextChoices):
        TEXT = "text", _("asked for by text")
        PORTAL = "portal", _("unticked on the portal")
        STAFF = "staff", _("ended by staff")
        NUMBER = "number", _("the phone number was changed")

    created_at = models.DateTimeField(auto_now_add=True)
    phone = models.CharField(max_length=20, help_text=_("In E.164 form."))
    words = models.TextField(help_text=_("As they were shown or read aloud."))
    language = models.CharField(max_length=10)
    given = models.CharField(max_length=10, choices=Given)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended = models.CharField(max_length=10, choices=Ended, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = TextConsentQuerySet.as_manager()

    class Meta:
        verbose_name = _("agreement to texts")
        verbose_name_plural = _("agreements to texts")
        constraints = [
            models.UniqueConstraint(
                fields=["phone"], condition=models.Q(ended_at__isnull=True), name="text_consent_one_open_a_number"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True, ended="", ended_by__isnull=True)
                | models.Q(ended_at__isnull=False, ended__in=["text", "portal", "staff", "number"]),
                name="text_consent_ended_by_something",
            ),
            models.CheckConstraint(condition=models.Q(given__in=["portal", "phone"]), name="text_consent_given"),
            models.CheckConstraint(condition=~models.Q(words="") & ~models.Q(phone=""), name="text_consent_has_words"),
        ]

    def __str__(self) -> str:
        return f"agreement to texts {self.pk}"


class TextReceived(models.Model):
    """A text that somebody sent to our number, kept once for each id of the provider."""

    class Meaning(models.TextChoices):
        STOP = "stop", _("ends the texts")
        HELP = "help", _("asks who we are")
        START = "start", _("wants texts again")
        OTHER = "other", _("to be read by staff")

    created_at = models.DateTimeField(auto_now_add=True)
    provider_id = models.CharField(max_length=120, unique=True)
    phone = models.CharField(max_length=20)
    text = EncryptedTextField(blank=True)
    meaning = models.CharField(max_length=10, choices=Meaning)
    needs_reading = models.BooleanField(default=False)
    read_at = models.DateTimeField(null=True, blank=True)
    read_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("text received")
        verbose_name_plural = _("texts received")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(meaning__in=["stop", "help", "start", "other"]), name="text_received_meaning"
            ),
        ]

    def __str__(self) -> str:
        return f"text {self.pk}"
