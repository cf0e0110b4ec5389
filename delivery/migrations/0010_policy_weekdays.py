from django.db import migrations, models


def from_one_day(apps, schema_editor):
    for policy in apps.get_model("delivery", "DeliveryPolicy").objects.all():
        policy.weekdays = 1 << policy.weekday
        policy.save(update_fields=["weekdays"])


def to_the_first_day(apps, schema_editor):
    for policy in apps.get_model("delivery", "DeliveryPolicy").objects.all():
        policy.weekday = next(weekday for weekday in range(7) if policy.weekdays >> weekday & 1)
        policy.save(update_fields=["weekday"])


class Migration(migrations.Migration):

    dependencies = [
        ('delivery', '0009_product_photo'),
    ]

    operations = [
        migrations.AddField(
            model_name='deliverypolicy',
            name='weekdays',
            field=models.PositiveSmallIntegerField(default=4, help_text='A bit for each day of delivery: Monday 1, Wednesday 4.'),
            preserve_default=False,
        ),
        migrations.RunPython(from_one_day, to_the_first_day),
        migrations.RemoveConstraint(model_name='deliverypolicy', name='policy_weekday'),
        migrations.AlterField(
            model_name='deliverypolicy',
            name='weekday',
            field=models.PositiveSmallIntegerField(default=2, help_text='Monday is 0, Wednesday 2.'),
        ),
        migrations.RemoveField(model_name='deliverypolicy', name='weekday'),
        migrations.AddConstraint(
            model_name='deliverypolicy',
            constraint=models.CheckConstraint(condition=models.Q(('weekdays__range', (1, 127))), name='policy_weekdays'),
        ),
    ]
