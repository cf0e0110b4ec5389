from django.conf import settings
from django.db import migrations, models
import django.db.models.deletion
import django.db.models.functions.text


def fill_in(apps, schema_editor):
    """Who is a delegate was named by account so far; who has left, left at the latest today."""
    from django.utils import timezone

    for delegate in apps.get_model("accounts", "Delegate").objects.select_related("user"):
        delegate.email = delegate.user.email.lower()
        delegate.save(update_fields=["email"])
    left = apps.get_model("accounts", "Physician").objects.filter(status="left", left_date=None)
    left.update(left_date=timezone.localdate())


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='physician',
            name='left_date',
            field=models.DateField(blank=True, help_text='First day on which she no longer certifies.', null=True),
        ),
        migrations.AddField(
            model_name='registration',
            name='told_end_date',
            field=models.DateField(blank=True, help_text='The end that was told once it had passed.', null=True),
        ),
        migrations.AddField(
            model_name='registration',
            name='warned_end_date',
            field=models.DateField(blank=True, help_text='The end of which she was warned by mail.', null=True),
        ),
        migrations.AddField(
            model_name='delegate',
            name='email',
            field=models.EmailField(default='', max_length=254),
            preserve_default=False,
        ),
        migrations.RunPython(fill_in, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='delegate',
            name='user',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='delegations', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='registration',
            index=models.Index(fields=['expires_date'], name='registration_ending'),
        ),
        migrations.AddConstraint(
            model_name='physician',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'left'), _negated=True), ('left_date__isnull', False), _connector='OR'), name='physician_left_on_a_day'),
        ),
        migrations.AddConstraint(
            model_name='delegate',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_date__isnull', True)), fields=('physician', 'email'), name='delegate_address_named_once'),
        ),
        migrations.AddConstraint(
            model_name='delegate',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('email', ''), _negated=True), ('email', django.db.models.functions.text.Lower('email'))), name='delegate_email_in_lower_case'),
        ),
    ]
