from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('certification', '0025_invitation_mailed_to'),
    ]

    operations = [
        migrations.RemoveConstraint(model_name='amendment', name='amendment_of_a_name_has_proof'),
        migrations.AddField(
            model_name='amendment',
            name='letters_cover',
            field=models.BooleanField(default=False, help_text='The physician stated that a minor’s letters are about the new condition.'),
        ),
        migrations.AddField(
            model_name='amendment',
            name='signature_name',
            field=models.CharField(blank=True, default='', max_length=210, help_text='Of an amendment that was signed.'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='amendment',
            name='statement_version',
            field=models.CharField(blank=True, default='', max_length=20),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name='amendment',
            name='kind',
            field=models.CharField(choices=[('contact', 'Contact data'), ('allotment', 'Monthly allotment'), ('condition', 'Condition or directions'), ('identity', 'Name or date of birth')], max_length=10),
        ),
        migrations.AddConstraint(
            model_name='amendment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['contact', 'allotment', 'condition']), ('proof', '')), models.Q(('kind', 'identity'), ('proof__in', ['birth_certificate', 'passport', 'state_id', 'marriage', 'court_order'])), _connector='OR'), name='amendment_of_a_name_has_proof'),
        ),
        migrations.AddConstraint(
            model_name='amendment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'condition'), models.Q(('signature_name', ''), _negated=True), models.Q(('statement_version', ''), _negated=True)), models.Q(models.Q(('kind', 'condition'), _negated=True), ('letters_cover', False), ('signature_name', ''), ('statement_version', '')), _connector='OR'), name='amendment_of_condition_is_signed'),
        ),
    ]
