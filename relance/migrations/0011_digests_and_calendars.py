"""A member's daily digest by mail, and the secret address of their calendar."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("relance", "0010_ended_follow_ups")]
    operations = [
        migrations.AddField(model_name="member", name="digest_at", field=models.TimeField(blank=True, null=True)),
        migrations.AddField(model_name="member", name="digest_sent_on", field=models.DateField(blank=True, null=True)),
        migrations.AddField(
            model_name="member", name="digest_told_at", field=models.DateTimeField(blank=True, null=True)
        ),
        migrations.CreateModel(
            name="CalendarFeed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                ("tag", models.TextField(blank=True, default="")),
                ("changed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "member",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calendar_feed",
                        to="relance.member",
                    ),
                ),
            ],
        ),
    ]
