"""Who plays in the demo: two organizations, so that a leak between them would show."""

from __future__ import annotations

from dataclasses import dataclass, field

PASSWORD = "follow-up-demo"  # noqa: S105 - the demo's sign-in is printed at every start


@dataclass(frozen=True)
class Person:
    """A contact: `consents` are the channels they agreed to, `revoked` those they opted out of; `cadence` is their own,
    where they have another than their stage."""

    name: str
    phone: str
    email: str
    quality: str
    region: str = ""
    time_zone: str = ""
    country: str = ""
    due_in_days: int | None = None
    consents: tuple[str, ...] = ()
    revoked: tuple[str, ...] = ()
    do_not_call: bool = False
    worked_by: str = ""
    stage: str = ""
    cadence: int | None = None


@dataclass(frozen=True)
class House:
    """An organization with its members (name, address, role), its agent, the stages of its pipeline with their
    cadences in days, and its people."""

    name: str
    time_zone: str
    country: str
    members: tuple[tuple[str, str, str], ...]
    agent: str
    stages: tuple[tuple[str, int | None], ...]
    templates: tuple[tuple[str, str, str, tuple[str, ...]], ...]
    people: tuple[Person, ...] = field(default=())


ALL = ("sms", "whatsapp", "email")

BRIGHTWATER = House(
    name="Brightwater Homes",
    time_zone="America/New_York",
    country="US",
    members=(
        ("Maya Chen", "maya@brightwater.example", "admin"),
        ("Tom Okafor", "tom@brightwater.example", "agent"),
        ("Priya Nair", "priya@brightwater.example", "agent"),
    ),
    agent="Ava",
    stages=(("New", 1), ("In touch", 7), ("Viewing", 3), ("Past client", 90)),
    templates=(
        ("viewing_reminder", "approved", "Hi {{name}}, your viewing of {{home}} is on {{day}}.",
         ("name", "home", "day")),
        ("new_listing", "approved", "Hi {{name}}, a home like the one you liked is for sale: {{home}}.",
         ("name", "home")),
        ("spring_offer", "approved", "Hi {{name}}, our spring offer ends soon.", ("name",)),
    ),
    people=(
        Person("Sarah Lee", "+12125550123", "sarah.lee@example.com", "HOT", "NY", due_in_days=-4, consents=ALL,
               worked_by="tom@brightwater.example", stage="Viewing"),
        Person("Daniel Brooks", "+13055550141", "daniel.brooks@example.com", "WARM", "FL", due_in_days=0,
               consents=("sms", "email"), worked_by="tom@brightwater.example", stage="New"),
        Person("Grace Kim", "+12135550187", "grace.kim@example.com", "HOT", "CA", due_in_days=0, consents=ALL,
               worked_by="priya@brightwater.example", stage="Viewing"),
        Person("Luis Ortega", "+15125550165", "luis.ortega@example.com", "COLD", "TX", due_in_days=-1,
               consents=("sms",), worked_by="priya@brightwater.example", stage="In touch"),
        Person("Keola Kahale", "+18085550112", "keola.kahale@example.com", "WARM", "HI", due_in_days=2, consents=ALL,
               worked_by="tom@brightwater.example", stage="In touch"),
        Person("Hannah Weiss", "+16025550138", "hannah.weiss@example.com", "NURTURE", "AZ", due_in_days=5,
               consents=("email",), worked_by="maya@brightwater.example", stage="Past client", cadence=30),
        Person("Marcus Hill", "+12055550176", "marcus.hill@example.com", "COLD", "AL", due_in_days=-9,
               do_not_call=True, worked_by="tom@brightwater.example"),
        Person("Elena Petrova", "+17185550154", "elena.petrova@example.com", "WARM", "NY", consents=("email",),
               revoked=("sms",), worked_by="priya@brightwater.example"),
        Person("Noah Tremblay", "+15145550119", "noah.tremblay@example.com", "HOT", "QC", country="CA", due_in_days=1,
               consents=ALL, worked_by="maya@brightwater.example", stage="New"),
        Person("Chloé Martin", "+33199005517", "chloe.martin@example.com", "WARM", country="FR",
               time_zone="Europe/Paris", due_in_days=0, consents=("call", *ALL), worked_by="tom@brightwater.example",
               stage="In touch"),
    ),
)  # fmt: skip

AURORA = House(
    name="Clínica Aurora",
    time_zone="Europe/Madrid",
    country="ES",
    members=(
        ("Lucía Ferrer", "lucia@aurora.example", "admin"),
        ("Pablo Vidal", "pablo@aurora.example", "agent"),
    ),
    agent="Nora",
    stages=(("Primera visita", 2), ("En tratamiento", 14), ("Revisión anual", 365)),
    templates=(("recordatorio_cita", "approved", "Hola {{nombre}}, le esperamos el {{dia}}.", ("nombre", "dia")),),
    people=(
        Person("Ana Ruiz", "+34499000123", "ana.ruiz@example.org", "HOT", time_zone="Europe/Madrid", due_in_days=0,
               consents=ALL, worked_by="pablo@aurora.example", stage="En tratamiento"),
        Person("Javier Soto", "+34499000145", "javier.soto@example.org", "WARM", time_zone="Atlantic/Canary",
               due_in_days=-2, consents=("sms",), worked_by="pablo@aurora.example", stage="Primera visita"),
        Person("Carmen Díaz", "+34499000167", "carmen.diaz@example.org", "COLD", due_in_days=3, revoked=("sms",),
               worked_by="lucia@aurora.example", stage="Revisión anual"),
    ),
)  # fmt: skip

HOUSES = (BRIGHTWATER, AURORA)
