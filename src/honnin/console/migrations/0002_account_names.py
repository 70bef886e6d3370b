from django.db import migrations

from honnin.console.signing_in.renaming import normalised


class Migration(migrations.Migration):
    dependencies = [("console", "0001_initial"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [
        migrations.RunPython(normalised("auth", "User", "username"), migrations.RunPython.noop),
    ]
