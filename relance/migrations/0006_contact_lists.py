"""Lists of contacts by name and by due date; where a contact went that was merged into another."""

import datetime

import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models
from django.db.models.functions import Coalesce


class Migration(migrations.Migration):
    dependencies = [("relance", "0005_phone_and_clock")]
    operations = [
        migrations.AddField(
            model_name="contact",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="relance.contact",
            ),
        ),
        migrations.RunSQL(
            "ALTER TABLE relance_contact ADD CONSTRAINT contact_merged_into_id_same_organization"
            " FOREIGN KEY (organization_id, merged_into_id)"
            " REFERENCES relance_contact (organization_id, id) DEFERRABLE INITIALLY DEFERRED",
            "ALTER TABLE relance_contact DROP CONSTRAINT contact_merged_into_id_same_organization",
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                models.F("organization"),
                django.db.models.functions.text.Lower("name"),
                models.F("id"),
                name="contact_by_name",
                condition=models.Q(("deleted_at", None)),
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                models.F("organization"),
                Coalesce("next_follow_up_date", models.Value(datetime.date.max)),
                models.F("id"),
                name="contact_by_due_date",
                condition=models.Q(("deleted_at", None)),
            ),
        ),
    ]
