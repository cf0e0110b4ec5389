import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


def copy_names(apps, schema_editor):
    patients = apps.get_model("certification", "Patient").objects
    signed = apps.get_model("certification", "Certification").objects.exclude(patient=None)
    name = patients.filter(pk=models.OuterRef("patient")).values("search_name")
    signed.update(search_name=models.Subquery(name))


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0007_roster_uploads'),
        ('certification', '0018_renewal_is_qualified'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='certification',
            name='certification_ending',
        ),
        migrations.AddField(
            model_name='certification',
            name='search_name',
            field=models.CharField(blank=True, editable=False, help_text="The patient's, kept here for the list of an office.", max_length=330),
        ),
        migrations.RunPython(copy_names, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name='certification',
            index=models.Index(fields=['status', 'expires_date', 'id'], name='certification_ending'),
        ),
        migrations.AddIndex(
            model_name='certification',
            index=models.Index(condition=models.Q(('status', 'superseded'), _negated=True), fields=['physician', 'status', 'expires_date', 'id', 'prepared_at', 'deliveries_stop_date', 'patient', 'search_name'], name='certification_of_office'),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(fields=['birth_date'], name='patient_birth_date'),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(django.db.models.functions.text.Right('phone', 4), name='patient_phone_end'),
        ),
        migrations.AddConstraint(
            model_name='certification',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'draft'), _negated=True), ('search_name', ''), _connector='OR'), name='certification_draft_has_no_search_name'),
        ),
    ]
