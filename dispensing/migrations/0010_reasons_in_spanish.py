from django.db import migrations, models


class Migration(migrations.Migration):
    """What is written to patients has room for Spanish."""

    dependencies = [
        ('dispensing', '0009_names'),
    ]

    operations = [
        migrations.AddField(
            model_name='recall',
            name='instructions_es',
            field=models.CharField(blank=True, db_default='', default='', max_length=500, verbose_name='what to do, in Spanish'),
        ),
        migrations.AddField(
            model_name='recall',
            name='reason_es',
            field=models.CharField(blank=True, db_default='', default='', max_length=300, verbose_name='reason in Spanish'),
        ),
    ]
