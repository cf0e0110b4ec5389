from django.db import migrations, models
from django.db.models import F

CLAIMED = "Claimed in the application"


def keep_what_was_claimed(apps, schema_editor):
    """Nobody has replaced these numbers yet; of those that staff replaced, the claim is not known any more."""
    proofs = apps.get_model("accounts", "Proof").objects.filter(application__isnull=False, source=CLAIMED)
    proofs.update(claimed_number=F("number"))


class Migration(migrations.Migration):
    """The number that an applicant typed stays when the register shows another one."""

    dependencies = [
        ('accounts', '0013_checks_of_null'),
    ]

    operations = [
        migrations.AddField(
            model_name='proof',
            name='claimed_number',
            field=models.CharField(blank=True, help_text='What the applicant typed, whatever the register shows.', max_length=30),
        ),
        migrations.RunPython(keep_what_was_claimed, migrations.RunPython.noop),
    ]
