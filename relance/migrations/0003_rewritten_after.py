"""A try after somebody changed what the follow-up says must not repeat the key of the tries before."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("relance", "0002_tenancy")]
    operations = [
        migrations.AddField(
            model_name="followup",
            name="rewritten_after",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
    ]
