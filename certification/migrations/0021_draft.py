import django.db.models.deletion
import uuid
import ui.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Drafts get a table of their own; a letter may belong to one."""

    dependencies = [
        ("accounts", "0007_roster_uploads"),
        ("certification", "0020_words_of_names"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('answers', ui.fields.EncryptedJSONField(blank=True, default=dict, editable=False)),
                ('prepared_at', models.DateTimeField(blank=True, help_text='Since when only the statement and the signature are missing.', null=True)),
                ('reviewed_at', models.DateTimeField(blank=True, help_text='Since when it is reviewed and attested, to be signed with others.', null=True)),
                ('reviewed_digest', models.CharField(blank=True, editable=False, help_text='SHA-256 of what was reviewed.', max_length=64)),
            ],
        ),
        migrations.AddField(
            model_name='draft',
            name='applicant',
            field=models.ForeignKey(blank=True, help_text='Who prepares it while waiting to be verified as a physician.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='prepared_drafts', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='draft',
            name='physician',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='drafts', to='accounts.physician'),
        ),
        migrations.AddField(
            model_name='draft',
            name='prepared_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='draft',
            name='renews',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='renewal_draft', to='certification.certification'),
        ),
        migrations.AddConstraint(
            model_name='draft',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('applicant__isnull', True), ('physician__isnull', False)), models.Q(('applicant__isnull', False), ('physician__isnull', True)), _connector='OR'), name='draft_of_physician_or_applicant'),
        ),
        migrations.AddConstraint(
            model_name='draft',
            constraint=models.CheckConstraint(condition=models.Q(('renews__isnull', True), ('physician__isnull', False), _connector='OR'), name='draft_renewal_has_physician'),
        ),
        migrations.AddConstraint(
            model_name='draft',
            constraint=models.CheckConstraint(condition=models.Q(('prepared_by__isnull', True), ('prepared_at__isnull', False), _connector='OR'), name='draft_prepared_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='draft',
            constraint=models.CheckConstraint(condition=models.Q(('reviewed_at__isnull', True), ('prepared_at__isnull', False), _connector='OR'), name='draft_reviewed_is_prepared'),
        ),
        migrations.AddConstraint(
            model_name='draft',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reviewed_at__isnull', True), ('reviewed_digest', '')), models.Q(('reviewed_at__isnull', False), models.Q(('reviewed_digest', ''), _negated=True)), _connector='OR'), name='draft_reviewed_has_digest'),
        ),
        migrations.AlterField(
            model_name='letter',
            name='certification',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='letters', to='certification.certification'),
        ),
        migrations.AddField(
            model_name='letter',
            name='draft',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='letters', to='certification.draft'),
        ),
        migrations.AddConstraint(
            model_name='letter',
            constraint=models.UniqueConstraint(fields=('draft', 'kind'), name='letter_one_of_a_kind_in_draft'),
        ),
        migrations.AddConstraint(
            model_name='letter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('certification__isnull', True), ('draft__isnull', False)), models.Q(('certification__isnull', False), ('draft__isnull', True)), _connector='OR'), name='letter_of_draft_or_certification'),
        ),
    ]
