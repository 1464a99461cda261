"""Files of contacts whose columns are still to be confirmed; how many of their rows change nothing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("relance", "0007_follow_up_lists")]
    operations = [
        migrations.AddField(
            model_name="contactimport",
            name="unchanged",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="contactimport",
            name="status",
            field=models.TextField(
                choices=[
                    ("draft", "Draft"),
                    ("waiting", "Waiting"),
                    ("running", "Running"),
                    ("done", "Done"),
                    ("failed", "Failed"),
                ],
                default="waiting",
            ),
        ),
    ]
