"""A member's due list from one index, hot contacts first; and what a press of a member changed, to take it back."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

# Both repeat what the contact says; whoever is removed is due no more.
REPEATED = """
CREATE OR REPLACE FUNCTION relance_assignment_due_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT c.next_follow_up_date, c.lead_quality = 'HOT' INTO NEW.due_on, NEW.is_hot
    FROM relance_contact c WHERE c.id = NEW.contact_id AND c.deleted_at IS NULL;
    NEW.is_hot := coalesce(NEW.is_hot, false);
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION relance_contact_due_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE relance_assignment
    SET due_on = CASE WHEN NEW.deleted_at IS NULL THEN NEW.next_follow_up_date END, is_hot = NEW.lead_quality = 'HOT'
    WHERE contact_id = NEW.id;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER contact_due_on AFTER UPDATE OF next_follow_up_date, lead_quality, deleted_at
    ON relance_contact FOR EACH ROW
    WHEN (OLD.next_follow_up_date IS DISTINCT FROM NEW.next_follow_up_date
          OR OLD.deleted_at IS DISTINCT FROM NEW.deleted_at
          OR (OLD.lead_quality = 'HOT') IS DISTINCT FROM (NEW.lead_quality = 'HOT'))
    EXECUTE FUNCTION relance_contact_due_on();
"""
HOT = """
UPDATE relance_assignment a SET is_hot = true FROM relance_contact c
WHERE c.id = a.contact_id AND c.lead_quality = 'HOT' AND NOT a.is_hot
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("relance", "0008_contact_import_pages")]
    operations = [
        migrations.AddField(
            model_name="assignment",
            name="is_hot",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(model_name="activity", name="press", field=models.UUIDField(blank=True, null=True)),
        migrations.AddField(model_name="activity", name="due_before", field=models.DateField(blank=True, null=True)),
        migrations.AddField(model_name="activity", name="due_after", field=models.DateField(blank=True, null=True)),
        migrations.RunSQL(REPEATED, migrations.RunSQL.noop),
        migrations.RunSQL(HOT, migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="assignment",
            index=models.Index(
                condition=models.Q(("due_on__isnull", False)),
                fields=["member", "due_on", "contact"],
                include=["is_hot"],
                name="assignment_due_now",
            ),
        ),
        RemoveIndexConcurrently(model_name="assignment", name="assignment_due"),
        AddIndexConcurrently(
            model_name="activity",
            index=models.Index(
                condition=models.Q(("press__isnull", False)), fields=["press"], name="activity_by_press"
            ),
        ),
    ]
