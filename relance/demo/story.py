"""What happened in the week before the demo begins, and what was planned by then: data, played by `life`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from relance.models import Priority, Source

Talk = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Beat:
    """One follow-up: to whom, what, and when; `plan` is the rest of its `Plan`.

    It was planned for `at` on a `day` of the week before, from 1 to 6, by the contact's clock; or it is planned for one
    of the days after today, from 8 on, or `in_hours` from now. `ends` is how each try of a call ended, or what was
    said; all else succeeds. `agreed` are the channels that the contact agreed to then, `reply` what they wrote back,
    and `then` is what a member did with it: cancel, snooze, or pause its template.
    """

    to: str
    kind: str
    day: int = 0
    at: str = ""
    in_hours: float = 0
    plan: Mapping[str, Any] = field(default_factory=dict)
    ends: Sequence[str | Talk] = ()
    agreed: Sequence[str] = ()
    reply: str = ""
    then: str = ""


BY_AGENT = {"source": Source.AGENT}
BY_CAMPAIGN = {"source": Source.CAMPAIGN}
CAMPAIGNS = {"Brightwater Homes": "Spring open houses", "Clínica Aurora": "Revisión anual"}
WEBHOOKS = {"Brightwater Homes": "https://hooks.brightwater.example/relance"}

ELM_STREET: Talk = (
    ("agent", "Hello Sarah, this is Ava of Brightwater Homes. You asked us about the house on Elm Street."),
    ("contact", "Yes, I would like to see it. Is Thursday possible?"),
    ("agent", "Thursday at three is free. May we text you the address?"),
    ("contact", "Yes, please do."),
)
IN_A_MEETING: Talk = (
    ("agent", "Hello Daniel, this is Ava of Brightwater Homes. Is this a good moment?"),
    ("contact", "I am in a meeting. Call me back in a few days, in the afternoon."),
    ("agent", "I will. Thank you, Daniel."),
)
WORKS_LATE: Talk = (
    ("agent", "Hello Keola, this is Ava of Brightwater Homes. You asked us to call late."),
    ("contact", "After nine suits me best, I work until eight. I am still interested in the flat."),
    ("agent", "Good to hear. We will send you the floor plans."),
)
THINKS_ABOUT_IT: Talk = (
    ("agent", "Hello Grace, this is Ava of Brightwater Homes. How did you like the viewing?"),
    ("contact", "I liked it a lot. The price is a little high for us, let me think about it."),
    ("agent", "Of course. May I call you again next week?"),
    ("contact", "Next week is fine."),
)
CHECK_UP: Talk = (
    ("agent", "Hola Ana, soy Nora, de la Clínica Aurora. Le toca su revisión anual."),
    ("contact", "Ya lo sé. Mejor por la mañana, y por favor recuérdemelo el día antes."),
    ("agent", "Lo apunto. Se lo recordaremos por WhatsApp."),
)
LATER_PLEASE: Talk = (
    ("agent", "Hola Carmen, soy Nora, de la Clínica Aurora."),
    ("contact", "Ahora no puedo. Llámeme la semana que viene, por la tarde."),
    ("agent", "De acuerdo. Gracias, Carmen."),
)

BRIGHTWATER: Sequence[Beat] = (
    Beat("Sarah Lee", "call", 1, "10:00", plan={**BY_CAMPAIGN, "notes": "Asked about Elm Street."},
         ends=[ELM_STREET], agreed=["sms"]),
    Beat("Sarah Lee", "sms", 1, "15:30", plan={**BY_CAMPAIGN,
         "body": "Hello Sarah, see you on Thursday at 3 pm, 12 Elm Street. Ava, Brightwater Homes"},
         reply="Thursday at 3 works for me."),
    Beat("Hannah Weiss", "email", 1, "09:30", plan={"subject": "The floor plans",
         "body": "Hello Hannah, here are the floor plans we spoke of. They are yours to keep."},
         reply="Thank you, they look lovely. I will get back to you."),
    Beat("Daniel Brooks", "call", 2, "11:00", plan={**BY_CAMPAIGN, "max_attempts": 4},
         ends=["no answer", "voicemail", IN_A_MEETING]),
    Beat("Luis Ortega", "call", 2, "14:00", plan={"notes": "Wanted a quote for the garage."},
         ends=["no answer", "busy", "no answer"]),
    Beat("Luis Ortega", "email", 2, "16:00", plan={"subject": "The quote you asked for",
         "body": "Hello Luis, here is the quote for the garage."}),
    Beat("Elena Petrova", "sms", 2, "11:00", plan={"body": "Hello Elena, the house on Pine Road is on sale again."}),
    Beat("Marcus Hill", "call", 2, "10:30", plan={"source": Source.API}),
    Beat("Grace Kim", "whatsapp", 3, "12:00", plan={"template": "viewing_reminder",
         "parameters": {"name": "Grace", "home": "the flat on Sunset", "day": "Wednesday"}}, reply="See you there."),
    Beat("Grace Kim", "webhook", 3, "13:00", plan={"notes": "Tells the CRM about the viewing."}),
    Beat("Keola Kahale", "call", 3, "21:30", plan={"allow_out_of_window": True, "notes": "Asked to be called late."},
         ends=[WORKS_LATE]),
    Beat("Hannah Weiss", "call", 3, "23:30", plan={"expires_in_hours": 2, "priority": Priority.LOW}),
    Beat("Daniel Brooks", "email", 3, "10:00", plan={"source": Source.INBOX, "subject": "Your visit",
         "body": "Hello Daniel, thank you for your visit. The papers are attached."}),
    Beat("Noah Tremblay", "call", 4, "13:00", plan={**BY_CAMPAIGN, "max_attempts": 2}, ends=["declined", "voicemail"]),
    Beat("Grace Kim", "call", 4, "15:00", plan=BY_AGENT, ends=["no answer", THINKS_ABOUT_IT]),
    Beat("Chloé Martin", "sms", 4, "12:00", plan={"body": "Hello Chloé, shall we send you the papers in French?"},
         reply="Yes please, in French."),
    # What is still to come.
    Beat("Sarah Lee", "call", in_hours=1, plan={"notes": "Asked about the garden.", "priority": Priority.HIGH}),
    Beat("Sarah Lee", "whatsapp", in_hours=2, plan={"template": "spring_offer", "parameters": {"name": "Sarah"}},
         then="pause"),
    Beat("Daniel Brooks", "sms", in_hours=3, plan={"body": "Hello, just checking that Thursday still suits you."}),
    Beat("Keola Kahale", "call", in_hours=7, plan={"allow_out_of_window": True, "notes": "After nine suits him best."}),
    Beat("Luis Ortega", "sms", in_hours=9, plan={"body": "Hello Luis, is the garage still on your mind?"},
         then="cancel"),
    Beat("Daniel Brooks", "call", 8, "15:00", plan={**BY_AGENT, "notes": "Said: call me back in a few days."},
         then="snooze"),
    Beat("Grace Kim", "email", 8, "10:30", plan={"subject": "The floor plans",
         "body": "Hello, here are the plans we spoke of."}),
    Beat("Noah Tremblay", "whatsapp", 8, "17:00", plan={"source": Source.INBOX, "template": "new_listing",
         "parameters": {"name": "Noah", "home": "a loft on Rue Clark"}}),
    Beat("Chloé Martin", "call", 9, "18:30", plan={**BY_AGENT, "notes": "Said: call me the day after tomorrow."}),
    Beat("Hannah Weiss", "email", 10, "09:00", plan={**BY_CAMPAIGN, "subject": "Open house on Saturday",
         "body": "Hello Hannah, we open the house on Pine Road on Saturday from ten to noon."}),
    Beat("Luis Ortega", "call", 10, "11:00", plan=BY_CAMPAIGN),
    Beat("Grace Kim", "call", 12, "16:00", plan={**BY_AGENT, "notes": "Said: next week is fine."}),
)  # fmt: skip

AURORA: Sequence[Beat] = (
    Beat("Ana Ruiz", "call", 2, "11:00", plan=BY_CAMPAIGN, ends=["no answer", CHECK_UP], agreed=["whatsapp"]),
    Beat("Javier Soto", "sms", 3, "12:00", plan={"body": "Hola Javier, ¿le viene bien el jueves a las diez?"},
         reply="Sí, perfecto."),
    Beat("Carmen Díaz", "call", 3, "17:00", plan=BY_CAMPAIGN, ends=["busy", LATER_PLEASE]),
    Beat("Carmen Díaz", "sms", 4, "11:00", plan={"body": "Hola Carmen, le llamamos la semana que viene."}),
    Beat("Javier Soto", "call", 4, "12:30", plan={"max_attempts": 1}, ends=["voicemail"]),
    Beat("Ana Ruiz", "call", in_hours=1.5, plan={**BY_AGENT, "notes": "Mejor por la mañana."}),
    Beat("Ana Ruiz", "whatsapp", 8, "12:00", plan={"template": "recordatorio_cita",
         "parameters": {"nombre": "Ana", "dia": "viernes"}}),
    Beat("Javier Soto", "sms", 8, "16:00", plan={"body": "Hola Javier, le esperamos mañana a las diez."}),
    Beat("Carmen Díaz", "call", 11, "18:00", plan={**BY_AGENT, "notes": "Dijo: la semana que viene, por la tarde."}),
)  # fmt: skip

STORIES: Mapping[str, Sequence[Beat]] = {"Brightwater Homes": BRIGHTWATER, "Clínica Aurora": AURORA}
