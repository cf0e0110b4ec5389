from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('delivery', '0021_lots'),
    ]

    operations = [
        migrations.AddField(
            model_name='lot',
            name='recalled_at',
            field=models.DateTimeField(blank=True, help_text='Since when nobody may get it; a recalled lot stays in quarantine for good.', null=True),
        ),
        migrations.AlterField(
            model_name='doorattempt',
            name='outcome',
            field=models.CharField(choices=[('nobody_home', 'Nobody home'), ('id_differs', 'The photo ID does not match'), ('no_card', 'No medical marijuana card'), ('short', 'Not enough money'), ('refused', 'The order was refused'), ('not_certified', 'Do not deliver: the certification ended'), ('recalled', 'Do not deliver: it was recalled')], max_length=13),
        ),
        migrations.RemoveConstraint(
            model_name='doorattempt',
            name='attempt_again_where_nobody_was_home',
        ),
        migrations.AddConstraint(
            model_name='doorattempt',
            constraint=models.CheckConstraint(
                condition=models.Q(('outcome', 'nobody_home'), models.Q(('comes_back', True), ('outcome__in', ['id_differs', 'no_card', 'short', 'refused', 'not_certified', 'recalled'])), _connector='OR'),
                name='attempt_again_where_nobody_was_home',
            ),
        ),
    ]
