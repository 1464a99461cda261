"""Lists of follow-ups by state and time, whatever they are filtered by."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("relance", "0006_contact_lists")]
    operations = [
        AddIndexConcurrently(
            model_name="followup",
            index=models.Index(
                fields=["organization", "status", "scheduled_at", "id"],
                include=["type", "source", "campaign", "agent", "contact"],
                name="follow_up_by_status",
            ),
        ),
        RemoveIndexConcurrently(model_name="followup", name="follow_up_by_time"),
    ]
