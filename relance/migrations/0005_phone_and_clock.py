"""What is said on a call that lasts, the way of the demo's clock, and the first steps of who tries it."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("relance", "0004_accounts")]
    operations = [
        migrations.AddField("attempt", "answered_at", models.DateTimeField(null=True)),
        migrations.AddField("attempt", "transcript", models.JSONField(null=True)),
        migrations.AddField("member", "first_steps", models.JSONField(db_default={}, default=dict)),
        migrations.AddField(
            "democlock", "loaded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())
        ),
        migrations.AddField("democlock", "from_at", models.DateTimeField(null=True)),
        migrations.AddField("democlock", "to_at", models.DateTimeField(null=True)),
        migrations.AddField("democlock", "since_change", models.BigIntegerField(null=True)),
    ]
