from django.db import migrations, models


class Migration(migrations.Migration):
    """Apart from 0009: PostgreSQL alters no table whose rows the same transaction has written."""

    dependencies = [
        ('accounts', '0009_call_back'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='physicianapplication',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('called_number', ''), _negated=True), models.Q(('number_source', ''), _negated=True), ('called_at__isnull', False), ('called_by__isnull', False), ('identity_proof', 'call_back')), models.Q(('called_at__isnull', True), ('called_by__isnull', True), ('called_number', ''), ('identity_proof__in', ['', 'earlier']), ('number_source', '')), _connector='OR'), name='application_call_back_whole'),
        ),
        migrations.AddConstraint(
            model_name='physicianapplication',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'verified'), _negated=True), ('identity_proof__in', ['call_back', 'earlier']), _connector='OR'), name='application_verified_is_proven'),
        ),
    ]
