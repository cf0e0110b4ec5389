from django.db import migrations, models


class Migration(migrations.Migration):
    """The check let a line through that named who stated its days, and had no days: NULL passes."""

    dependencies = [
        ('delivery', '0022_lot_recalled'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='orderline',
            name='line_days_stated_by_somebody',
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('days__isnull', True), ('days_by__isnull', True)), models.Q(('days__isnull', False), ('days__range', (1, 365)), ('days_by__isnull', False)), _connector='OR'), name='line_days_stated_by_somebody'),
        ),
    ]
