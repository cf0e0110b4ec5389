from django.db import migrations, models


class Migration(migrations.Migration):
    """Products say how they are drawn, and what staff write to patients has room for Spanish."""

    dependencies = [
        ('delivery', '0025_favourites'),
    ]

    operations = [
        migrations.AddField(
            model_name='closure',
            name='reason_es',
            field=models.CharField(blank=True, db_default='', default='', max_length=100, verbose_name='reason in Spanish'),
        ),
        migrations.AddField(
            model_name='deliverywindow',
            name='closed_reason_es',
            field=models.CharField(blank=True, db_default='', default='', max_length=100, verbose_name='reason in Spanish'),
        ),
        migrations.AddField(
            model_name='order',
            name='ended_reason_es',
            field=models.CharField(blank=True, db_default='', default='', max_length=500, verbose_name='reason in Spanish'),
        ),
        migrations.AddField(
            model_name='product',
            name='drawing',
            field=models.CharField(blank=True, choices=[('flower', 'Whole flower'), ('ground', 'Ground flower in a jar'), ('rolls', 'Pre-rolls'), ('cartridge', 'Cartridge'), ('pen', 'Pen'), ('chews', 'Soft chews'), ('chocolate', 'Chocolate bar'), ('brownie', 'Brownie'), ('lozenges', 'Lozenges'), ('dropper', 'Bottle with a dropper'), ('spray', 'Spray'), ('capsules', 'Capsules'), ('balm', 'Jar of balm'), ('lotion', 'Tube of lotion'), ('patches', 'Patches'), ('wax', 'Jar of wax or rosin'), ('syringe', 'Oil in a syringe')], db_default='', default='', help_text='Where it has no photo; empty for the usual one of its form.', max_length=9),
        ),
        migrations.AddConstraint(
            model_name='deliverywindow',
            constraint=models.CheckConstraint(condition=models.Q(('closed_reason_es', ''), models.Q(('closed_reason', ''), _negated=True), _connector='OR'), name='window_spanish_beside_reason'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('ended_reason_es', ''), models.Q(('ended_reason', ''), _negated=True), _connector='OR'), name='order_spanish_beside_reason'),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.CheckConstraint(condition=models.Q(('drawing__in', ['', 'flower', 'ground', 'rolls', 'cartridge', 'pen', 'chews', 'chocolate', 'brownie', 'lozenges', 'dropper', 'spray', 'capsules', 'balm', 'lotion', 'patches', 'wax', 'syringe'])), name='product_drawing'),
        ),
    ]
