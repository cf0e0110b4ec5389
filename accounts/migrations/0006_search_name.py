"""`search_name` leaves out apostrophes and hyphens, and knows ł and ø: written anew where it reads in another way."""

from django.db import migrations

from ui.text import search_name


def write_anew(apps, schema_editor):
    for name in ("Physician", "PhysicianApplication"):
        model = apps.get_model("accounts", name)
        for row in model.objects.only("pk", "last_name", "first_name", "search_name").iterator():
            if row.search_name != (wanted := search_name(row.last_name, row.first_name)):
                model.objects.filter(pk=row.pk).update(search_name=wanted)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_mfa_reset")]
    operations = [migrations.RunPython(write_anew, migrations.RunPython.noop)]
