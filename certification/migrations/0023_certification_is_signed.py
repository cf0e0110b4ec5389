import django.db.models.deletion
import ui.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """What only a draft had leaves the table of certifications; what a signed one always has is said by its columns."""

    dependencies = [
        ("accounts", "0007_roster_uploads"),
        ("certification", "0022_move_drafts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='certification',
            name='certification_draft_is_unsigned',
        ),
        migrations.RemoveConstraint(
            model_name='certification',
            name='certification_signed_is_complete',
        ),
        migrations.RemoveConstraint(
            model_name='certification',
            name='certification_signed_has_signature',
        ),
        migrations.RemoveConstraint(
            model_name='certification',
            name='certification_signed_has_all_attestations',
        ),
        migrations.RemoveConstraint(
            model_name='certification',
            name='certification_dates',
        ),
        migrations.RemoveConstraint(
            model_name='certification',
            name='certification_allotment',
        ),
        migrations.RemoveConstraint(
            model_name='certification',
            name='certification_ended',
        ),
        migrations.RemoveConstraint(
            model_name='certification',
            name='certification_prepared_is_draft',
        ),
        migrations.RemoveConstraint(
            model_name='certification',
            name='certification_less_has_reason',
        ),
        migrations.RemoveConstraint(
            model_name='certification',
            name='certification_has_physician',
        ),
        migrations.RemoveConstraint(
            model_name='certification',
            name='certification_running_has_no_end',
        ),
        migrations.RemoveConstraint(
            model_name='certification',
            name='certification_status',
        ),
        migrations.RemoveConstraint(
            model_name='certification',
            name='certification_reviewed_is_prepared',
        ),
        migrations.RemoveConstraint(
            model_name='certification',
            name='certification_signed_was_qualified',
        ),
        migrations.RemoveConstraint(
            model_name='certification',
            name='certification_draft_has_no_search_name',
        ),
        migrations.RemoveIndex(
            model_name='certification',
            name='certification_of_office',
        ),
        migrations.RemoveField(
            model_name='certification',
            name='applicant',
        ),
        migrations.RemoveField(
            model_name='certification',
            name='draft',
        ),
        migrations.RemoveField(
            model_name='certification',
            name='prepared_at',
        ),
        migrations.RemoveField(
            model_name='certification',
            name='reviewed_at',
        ),
        migrations.RemoveField(
            model_name='certification',
            name='reviewed_digest',
        ),
        migrations.AlterField(
            model_name='certification',
            name='allotment_limit_oz',
            field=models.DecimalField(decimal_places=2, max_digits=4),
        ),
        migrations.AlterField(
            model_name='certification',
            name='certified_at',
            field=models.DateTimeField(),
        ),
        migrations.AlterField(
            model_name='certification',
            name='certified_date',
            field=models.DateField(),
        ),
        migrations.AlterField(
            model_name='certification',
            name='condition_codes',
            field=ui.fields.EncryptedJSONField(editable=False),
        ),
        migrations.AlterField(
            model_name='certification',
            name='exam_date',
            field=models.DateField(),
        ),
        migrations.AlterField(
            model_name='certification',
            name='expires_date',
            field=models.DateField(help_text='First day on which it is no longer valid.'),
        ),
        migrations.AlterField(
            model_name='certification',
            name='id',
            field=models.BigIntegerField(editable=False, primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='certification',
            name='monitoring_reviewed_date',
            field=models.DateField(),
        ),
        migrations.AlterField(
            model_name='certification',
            name='monthly_allotment_oz',
            field=models.DecimalField(decimal_places=2, max_digits=4),
        ),
        migrations.AlterField(
            model_name='certification',
            name='number',
            field=models.CharField(max_length=20, unique=True),
        ),
        migrations.AlterField(
            model_name='certification',
            name='patient',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='certifications', to='certification.patient'),
        ),
        migrations.AlterField(
            model_name='certification',
            name='physician',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='certifications', to='accounts.physician'),
        ),
        migrations.AlterField(
            model_name='certification',
            name='signature_name',
            field=models.CharField(max_length=210),
        ),
        migrations.AlterField(
            model_name='certification',
            name='statement_version',
            field=models.CharField(max_length=20),
        ),
        migrations.AlterField(
            model_name='certification',
            name='status',
            field=models.CharField(choices=[('active', 'Active'), ('superseded', 'Superseded by a renewal'), ('withdrawn', 'Withdrawn'), ('revoked', 'Revoked'), ('closed', 'Closed')], default='active', max_length=12),
        ),
        migrations.AddIndex(
            model_name='certification',
            index=models.Index(condition=models.Q(('status', 'superseded'), _negated=True), fields=['physician', 'status', 'expires_date', 'id', 'deliveries_stop_date', 'patient', 'search_name'], name='certification_of_office'),
        ),
        migrations.AddConstraint(
            model_name='certification',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['active', 'superseded', 'withdrawn', 'revoked', 'closed'])), name='certification_status'),
        ),
        migrations.AddConstraint(
            model_name='certification',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('signature_name', ''), _negated=True), models.Q(('statement_version', ''), _negated=True)), name='certification_signed_has_signature'),
        ),
        migrations.AddConstraint(
            model_name='certification',
            constraint=models.CheckConstraint(condition=models.Q(('assessed_history', True), ('available_for_follow_up', True), ('benefits_outweigh_risks', True), ('considered_prescriptions', True), ('diagnosed_condition', True), ('explained_risks', True)), name='certification_signed_has_all_attestations'),
        ),
        migrations.AddConstraint(
            model_name='certification',
            constraint=models.CheckConstraint(condition=models.Q(('certified_date__lt', models.F('expires_date'))), name='certification_dates'),
        ),
        migrations.AddConstraint(
            model_name='certification',
            constraint=models.CheckConstraint(condition=models.Q(('monthly_allotment_oz__gt', 0), ('monthly_allotment_oz__lte', models.F('allotment_limit_oz'))), name='certification_allotment'),
        ),
        migrations.AddConstraint(
            model_name='certification',
            constraint=models.CheckConstraint(condition=models.Q(('statement_version', '2026-11'), models.Q(('renewal_of__isnull', False), ('statement_version', '2026-11.2')), models.Q(('not_an_inmate', True), ('qualifies', True), ('residency_proof_seen', True)), _connector='OR'), name='certification_signed_was_qualified'),
        ),
        migrations.AddConstraint(
            model_name='certification',
            constraint=models.CheckConstraint(condition=models.Q(('statement_version', '2026-11'), ('monthly_allotment_oz', models.F('allotment_limit_oz')), ('allotment_reason__isnull', False), _connector='OR'), name='certification_less_has_reason'),
        ),
        migrations.AddConstraint(
            model_name='certification',
            constraint=models.CheckConstraint(condition=models.Q(('status', 'active'), ('ended_at__isnull', False), _connector='OR'), name='certification_ended'),
        ),
        migrations.AddConstraint(
            model_name='certification',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'active'), _negated=True), models.Q(('ended_at__isnull', True), ('ended_by__isnull', True)), _connector='OR'), name='certification_running_has_no_end'),
        ),
    ]
