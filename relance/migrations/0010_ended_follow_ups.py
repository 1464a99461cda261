"""What has ended, by its end and when it came: for what is counted of a week, and for what needs a person."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("relance", "0009_due_lists")]
    operations = [
        AddIndexConcurrently(
            model_name="followup",
            index=models.Index(
                fields=["organization", "status", "finished_at", "id"],
                include=["contact"],
                condition=models.Q(("finished_at__isnull", False)),
                name="follow_up_by_end",
            ),
        ),
    ]
