from django.db import migrations, models
from django.db.models.functions import Right

from ui.lookups import drop_words_index, index_words

TABLES = ("certification_patient", "certification_caregiver")


class Migration(migrations.Migration):
    dependencies = [("certification", "0019_find_among_many")]
    operations = [
        migrations.AddIndex("caregiver", models.Index(fields=["birth_date"], name="caregiver_birth_date")),
        migrations.AddIndex("caregiver", models.Index(Right("phone", 4), name="caregiver_phone_end")),
        *(migrations.RunPython(index_words(table), drop_words_index(table)) for table in TABLES),
    ]
