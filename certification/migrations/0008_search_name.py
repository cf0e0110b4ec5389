"""`search_name` leaves out apostrophes and hyphens, and knows ł and ø: written anew where it reads in another way."""

from django.db import migrations

from ui.text import search_name

NAMES = ("last_name", "first_name", "middle_name")


def write_anew(apps, schema_editor):
    for name in ("Patient", "Caregiver"):
        model = apps.get_model("certification", name)
        for row in model.objects.only("pk", "search_name", "birth_date", "phone", *NAMES).iterator():
            wanted = search_name(*(getattr(row, part) for part in NAMES))
            if row.search_name != wanted and not _is_taken(model, row, wanted):
                model.objects.filter(pk=row.pk).update(search_name=wanted)


def _is_taken(model, row, wanted):
    """A caregiver who was entered twice, with the apostrophe and without, keeps both rows."""
    same = {"search_name": wanted, "birth_date": row.birth_date, "phone": row.phone}
    return model._meta.model_name == "caregiver" and model.objects.filter(**same).exists()


class Migration(migrations.Migration):
    dependencies = [("certification", "0007_letters")]
    operations = [migrations.RunPython(write_anew, migrations.RunPython.noop)]
