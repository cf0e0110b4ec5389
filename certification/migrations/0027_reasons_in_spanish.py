import ui.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    """What is written to patients has room for Spanish."""

    dependencies = [
        ('certification', '0026_amend_condition'),
    ]

    operations = [
        migrations.AddField(
            model_name='patientrequest',
            name='refused_reason_es',
            field=ui.fields.EncryptedTextField(blank=True, null=True, verbose_name='reason in Spanish'),
        ),
        migrations.AddConstraint(
            model_name='patientrequest',
            constraint=models.CheckConstraint(condition=models.Q(('refused_reason_es__isnull', True), ('refused_reason__isnull', False), _connector='OR'), name='patient_request_spanish_beside_reason'),
        ),
    ]
