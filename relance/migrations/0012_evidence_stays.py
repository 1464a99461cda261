"""What a line of the ledger of consent refers to stays with it: its hash covers that."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def _stays(name: str, to: str) -> migrations.AlterField:
    field = models.ForeignKey(
        db_index=False, null=True, on_delete=django.db.models.deletion.RESTRICT, related_name="+", to=to
    )
    return migrations.AlterField(model_name="consent", name=name, field=field)


class Migration(migrations.Migration):
    dependencies = [("relance", "0011_digests_and_calendars")]
    operations = [
        _stays("call", "relance.call"),
        _stays("message", "relance.message"),
        _stays("member", settings.AUTH_USER_MODEL),
    ]
