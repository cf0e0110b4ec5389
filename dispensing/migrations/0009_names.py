
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('dispensing', '0008_destructions'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='labelprint',
            options={'ordering': ['-pk'], 'verbose_name': 'printed label', 'verbose_name_plural': 'printed labels'},
        ),
        migrations.AlterModelOptions(
            name='paper',
            options={'ordering': ['-pk'], 'verbose_name': 'log or inspector’s pack', 'verbose_name_plural': 'logs and inspector’s packs'},
        ),
        migrations.AlterModelOptions(
            name='papername',
            options={'verbose_name': 'full name on papers', 'verbose_name_plural': 'full names on papers'},
        ),
        migrations.AlterModelOptions(
            name='recalledperson',
            options={'ordering': ['pk'], 'verbose_name': 'person of a recall', 'verbose_name_plural': 'people of recalls'},
        ),
        migrations.AlterModelOptions(
            name='reportanswer',
            options={'ordering': ['pk'], 'verbose_name': 'monitoring report answer', 'verbose_name_plural': 'monitoring report answers'},
        ),
        migrations.AlterModelOptions(
            name='reportfile',
            options={'ordering': ['pk'], 'verbose_name': 'monitoring report file', 'verbose_name_plural': 'monitoring report files'},
        ),
        migrations.AlterModelOptions(
            name='reportrecord',
            options={'ordering': ['pk'], 'verbose_name': 'monitoring report unit', 'verbose_name_plural': 'monitoring report units'},
        ),
    ]
