from django.db import migrations, models


class Migration(migrations.Migration):
    """The checks let rows through whose compared column is NULL."""

    dependencies = [
        ('accounts', '0012_plain_help_texts'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='mfareset',
            name='mfa_reset_confirmed_or_waited',
        ),
        migrations.AddConstraint(
            model_name='mfareset',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'done'), _negated=True), ('confirmed_by__isnull', False), models.Q(('done_at__gte', models.F('due_at')), ('done_at__isnull', False)), _connector='OR'), name='mfa_reset_confirmed_or_waited'),
        ),
        migrations.RemoveConstraint(
            model_name='rosterimport',
            name='roster_import_times',
        ),
        migrations.AddConstraint(
            model_name='rosterimport',
            constraint=models.CheckConstraint(condition=models.Q(('finished_at__isnull', True), models.Q(('finished_at__gte', models.F('started_at')), ('started_at__isnull', False)), _connector='OR'), name='roster_import_times'),
        ),
    ]
