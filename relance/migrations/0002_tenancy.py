"""What Django's models cannot say: a row and what it refers to are of one organization, due dates repeated on
assignments stay true, and the busiest tables are vacuumed early."""

from django.db import migrations

# child, its column, the parent
SAME_ORGANIZATION = [
    ("followup", "contact_id", "contact"),
    ("followup", "agent_id", "agent"),
    ("followup", "campaign_id", "campaign"),
    ("followup", "conversation_id", "conversation"),
    ("followup", "template_id", "template"),
    ("conversation", "contact_id", "contact"),
    ("campaign", "agent_id", "agent"),
    ("campaign", "email_connection_id", "connection"),
    ("enrolment", "campaign_id", "campaign"),
    ("enrolment", "contact_id", "contact"),
    ("assignment", "contact_id", "contact"),
    ("agent", "whatsapp_template_id", "template"),
    ("agent", "connection_id", "connection"),
    ("template", "connection_id", "connection"),
]


def _same_organization(child: str, column: str, parent: str) -> migrations.RunSQL:
    name = f"{child}_{column}_same_organization"
    return migrations.RunSQL(
        f"ALTER TABLE relance_{child} ADD CONSTRAINT {name} FOREIGN KEY (organization_id, {column})"
        f" REFERENCES relance_{parent} (organization_id, id) DEFERRABLE INITIALLY DEFERRED",
        f"ALTER TABLE relance_{child} DROP CONSTRAINT {name}",
    )


DUE_ON = """
CREATE FUNCTION relance_assignment_due_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.due_on := (SELECT next_follow_up_date FROM relance_contact WHERE id = NEW.contact_id AND deleted_at IS NULL);
    RETURN NEW;
END $$;
CREATE TRIGGER assignment_due_on BEFORE INSERT ON relance_assignment
    FOR EACH ROW EXECUTE FUNCTION relance_assignment_due_on();

CREATE FUNCTION relance_contact_due_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE relance_assignment SET due_on = CASE WHEN NEW.deleted_at IS NULL THEN NEW.next_follow_up_date END
    WHERE contact_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER contact_due_on AFTER UPDATE OF next_follow_up_date, deleted_at ON relance_contact FOR EACH ROW
    WHEN (OLD.next_follow_up_date IS DISTINCT FROM NEW.next_follow_up_date OR OLD.deleted_at IS DISTINCT FROM NEW.deleted_at)
    EXECUTE FUNCTION relance_contact_due_on();
"""
NO_DUE_ON = """
DROP TRIGGER contact_due_on ON relance_contact;
DROP TRIGGER assignment_due_on ON relance_assignment;
DROP FUNCTION relance_contact_due_on();
DROP FUNCTION relance_assignment_due_on();
"""

# A due follow-up is updated three times within a second: the space of its dead versions is wanted back soon.
VACUUM = "ALTER TABLE relance_followup SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000)"
NO_VACUUM = "ALTER TABLE relance_followup RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold)"


class Migration(migrations.Migration):
    dependencies = [("relance", "0001_tables")]
    operations = [
        *[_same_organization(*link) for link in SAME_ORGANIZATION],
        migrations.RunSQL(DUE_ON, NO_DUE_ON),
        migrations.RunSQL(VACUUM, NO_VACUUM),
    ]
