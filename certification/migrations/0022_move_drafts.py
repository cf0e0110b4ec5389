from django.db import migrations, transaction
from django.db.models import F, Max

from certification.sql import give_ids_after

BATCH = 100
MOVED = ("uuid", "physician_id", "applicant_id", "prepared_at", "reviewed_at", "reviewed_digest")


def in_batches(move):
    """Move drafts a batch at a time, each in a transaction of its own: what was cut off goes on when run again."""

    def run(apps, schema_editor):
        models = [apps.get_model("certification", name) for name in ("Certification", "Draft", "Letter")]
        alias = schema_editor.connection.alias
        while True:
            with transaction.atomic(using=alias):
                if not move(*(model._base_manager.using(alias) for model in models)):
                    return

    return run


def to_drafts(certifications, drafts, letters):
    """The next unsigned certifications become drafts, under the same id and uuid; their letters go with them.

    The answers are opened as of one column and sealed for the other.
    """
    rows = list(certifications.filter(status="draft").order_by("pk")[:BATCH])
    pks = [row.pk for row in rows]
    drafts.bulk_create(
        drafts.model(pk=row.pk, renews_id=row.renewal_of_id, answers=row.draft or {}, **moved(row)) for row in rows
    )
    keep_times(drafts, rows)
    letters.filter(certification__in=pks).update(draft=F("certification_id"), certification=None)
    certifications.filter(pk__in=pks).delete()
    return rows


def to_certifications(certifications, drafts, letters):
    """The next drafts become unsigned certifications again, under the same id and uuid, with their letters."""
    rows = list(drafts.order_by("pk")[:BATCH])
    pks = [row.pk for row in rows]
    certifications.bulk_create(
        certifications.model(
            pk=row.pk, status="draft", renewal_of_id=row.renews_id, draft=row.answers, directions="", ended_reason="",
            **moved(row),
        )
        for row in rows
    )  # fmt: skip
    keep_times(certifications, rows)
    letters.filter(draft__in=pks).update(certification=F("draft_id"), draft=None)
    drafts.filter(pk__in=pks).delete()
    return rows


def moved(row):
    return {name: getattr(row, name) for name in MOVED}


def keep_times(table, rows):
    """A new row was made and touched now; by when a draft was touched it is forgotten."""
    for row in rows:
        table.filter(pk=row.pk).update(created_at=row.created_at, updated_at=row.updated_at)


def give_certifications_new_ids(apps, schema_editor):
    """Ids come from the sequence of certifications again, above those that drafts have had."""
    certifications = apps.get_model("certification", "Certification")._base_manager
    last = certifications.using(schema_editor.connection.alias).aggregate(last=Max("pk"))["last"] or 0
    give_ids_after(schema_editor.connection, "certification_certification", last)


class Migration(migrations.Migration):
    """Every draft moves from the table of certifications to its own. It may be stopped and run again at any time."""

    atomic = False
    dependencies = [("certification", "0021_draft")]
    operations = [
        migrations.RunPython(migrations.RunPython.noop, give_certifications_new_ids),
        migrations.RunPython(in_batches(to_drafts), in_batches(to_certifications)),
    ]
