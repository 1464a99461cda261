"""Invitations, second factors, where members are signed in, and wrong tries at it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Lower, Now

import relance.models.vault


def _id() -> models.BigAutoField:
    return models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    dependencies = [("relance", "0003_rewritten_after")]
    operations = [
        migrations.AddField(
            model_name="organization",
            name="requires_second_factor",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", _id()),
                ("email", models.EmailField(max_length=254)),
                ("role", models.TextField(choices=[("admin", "Admin"), ("agent", "Agent")], default="agent")),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "invited_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations",
                        to="relance.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        models.F("organization"),
                        Lower("email"),
                        condition=models.Q(("accepted_at", None), ("revoked_at", None)),
                        name="invitation_pending_once_per_address",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["admin", "agent"])), name="invitation_role_is_known"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SecondFactor",
            fields=[
                ("id", _id()),
                ("secret", relance.models.vault.SecretField()),
                ("last_step", models.BigIntegerField()),
                ("created_at", models.DateTimeField(db_default=Now())),
                (
                    "member",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="second_factor",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                ("id", _id()),
                ("digest", models.BinaryField(max_length=32)),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "member",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recovery_codes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("member", "digest"), name="recovery_code_once")],
            },
        ),
        migrations.CreateModel(
            name="SignIn",
            fields=[
                ("id", _id()),
                ("session_key", models.CharField(max_length=40, unique=True)),
                ("browser", models.TextField()),
                ("client", models.TextField()),
                ("at", models.DateTimeField(db_default=Now())),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sign_ins",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WrongTry",
            fields=[
                ("id", _id()),
                ("bucket", models.TextField()),
                ("at", models.DateTimeField(db_default=Now())),
            ],
            options={
                "indexes": [
                    models.Index(fields=["bucket", "at"], name="wrong_try_by_bucket"),
                    models.Index(fields=["at"], name="wrong_try_by_age"),
                ],
            },
        ),
    ]
