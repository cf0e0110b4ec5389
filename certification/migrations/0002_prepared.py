from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('certification', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='certification',
            name='prepared_at',
            field=models.DateTimeField(blank=True, help_text='Since when only the statement and the signature are missing.', null=True),
        ),
        migrations.AddConstraint(
            model_name='certification',
            constraint=models.CheckConstraint(condition=models.Q(('status', 'draft'), ('prepared_at__isnull', True), _connector='OR'), name='certification_prepared_is_draft'),
        ),
    ]
