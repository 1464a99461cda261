"""The relationship pipeline: contacts by stage, and what a move to another stage changed, to take it back."""

import datetime

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Coalesce, Lower

NAME = "contact_stage_id_same_organization"


def _stage() -> models.Field:
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        null=True,
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name="+",
        to="relance.stage",
    )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("relance", "0012_evidence_stays")]
    operations = [
        migrations.AddField(model_name="activity", name="stage_before", field=_stage()),
        migrations.AddField(model_name="activity", name="stage_after", field=_stage()),
        migrations.RunSQL(
            f"ALTER TABLE relance_contact ADD CONSTRAINT {NAME} FOREIGN KEY (organization_id, stage_id)"
            " REFERENCES relance_stage (organization_id, id) DEFERRABLE INITIALLY DEFERRED NOT VALID",
            f"ALTER TABLE relance_contact DROP CONSTRAINT {NAME}",
        ),
        migrations.RunSQL(f"ALTER TABLE relance_contact VALIDATE CONSTRAINT {NAME}", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="contact",
            index=models.Index(
                models.F("organization"),
                models.F("stage"),
                Coalesce("next_follow_up_date", models.Value(datetime.date.max)),
                Lower("name"),
                models.F("id"),
                name="contact_by_stage",
                condition=models.Q(("deleted_at", None)),
            ),
        ),
    ]
