from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('delivery', '0027_orders_of_a_patient'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='order',
            options={'permissions': [('pack_order', 'Can pack orders, and enter what is short'), ('confirm_order', 'Can review and confirm orders')]},
        ),
    ]
