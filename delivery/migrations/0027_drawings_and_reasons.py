from django.db import migrations, models


class Migration(migrations.Migration):
    """Products say how they are drawn."""

    dependencies = [
        ('delivery', '0024_product_texts'),
    ]

    operations = [
        migrations.AddField(
            model_name='product',
            name='drawing',
            field=models.CharField(blank=True, choices=[('flower', 'Whole flower'), ('ground', 'Ground flower in a jar'), ('rolls', 'Pre-rolls'), ('cartridge', 'Cartridge'), ('pen', 'Pen'), ('chews', 'Soft chews'), ('chocolate', 'Chocolate bar'), ('brownie', 'Brownie'), ('lozenges', 'Lozenges'), ('dropper', 'Bottle with a dropper'), ('spray', 'Spray'), ('capsules', 'Capsules'), ('balm', 'Jar of balm'), ('lotion', 'Tube of lotion'), ('patches', 'Patches'), ('wax', 'Jar of wax or rosin'), ('syringe', 'Oil in a syringe')], db_default='', default='', help_text='Where it has no photo; empty for the usual one of its form.', max_length=9),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.CheckConstraint(condition=models.Q(('drawing__in', ['', 'flower', 'ground', 'rolls', 'cartridge', 'pen', 'chews', 'chocolate', 'brownie', 'lozenges', 'dropper', 'spray', 'capsules', 'balm', 'lotion', 'patches', 'wax', 'syringe'])), name='product_drawing'),
        ),
    ]
