"""The worst that people may write: markup, a formula, a mark that turns what follows around, words without end."""

from __future__ import annotations

from relance.models import (
    Agent,
    ApiKey,
    Call,
    Campaign,
    Contact,
    ContactImport,
    DoNotCall,
    FollowUp,
    Member,
    Message,
    Organization,
    Stage,
    Template,
)

TURNS = "\u202e"
MARKUP = "<img src=x onerror=alert(1)><script>alert(1)</script>&amp;\"'"
WRITTEN = f"=1+1{MARKUP}{TURNS}esrever "
LONGEST_TEXT = 10_000


def text(length: int) -> str:
    """The worst text of this length."""
    return WRITTEN + "W" * (length - len(WRITTEN))


def let_write(organization: Organization) -> None:
    """Have everything that is called or written somehow in the organization be so in the worst way."""
    name, sentence, message = text(200), text(500), text(LONGEST_TEXT)
    Organization.objects.filter(pk=organization.pk).update(name=name)
    for kind, written in {
        Agent: {"name": name.replace(TURNS, "")},  # which the engine's own sentences quote
        ApiKey: {"name": name},
        Call: {"transcript": [{"speaker": who, "text": message} for who in ("agent", "contact")]},
        Campaign: {"name": name},
        Contact: {"name": text(300), "company": name},
        ContactImport: {"file_name": name},
        DoNotCall: {"reason": sentence},
        FollowUp: {"notes": sentence, "because": sentence},
        Member: {"name": name},
        Message: {"subject": text(300), "body": message},
        Stage: {"name": name},
        Template: {"name": name, "body": message},
    }.items():
        kind._default_manager.filter(organization=organization).update(**written)
    FollowUp.objects.filter(organization=organization, type="sms").update(body=message)


# What broke out of being text, and what turns around more than itself: in the rest of its line, after it.
BROKEN_OUT = r"""turns => {
  const isolates = at => getComputedStyle(at).unicodeBidi.match(/isolate|plaintext/);
  const isInline = at => getComputedStyle(at).display === "inline";
  const line = node => {
    let at = node.parentElement;
    while (at.parentElement && isInline(at) && !isolates(at)) at = at.parentElement;
    return at;
  };
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) texts.push(walker.currentNode);
  const seen = texts.filter(text => text.data.trim() && text.parentElement.checkVisibility());
  const ends = text => /^[\s…]*$/.test(text.data.slice(text.data.lastIndexOf("W") + 1));
  const turned = seen.filter((text, at) => text.data.includes(turns)
    && (!ends(text) || (seen[at + 1] && line(seen[at + 1]) === line(text))));
  const alive = [...document.querySelectorAll("img[src=x], script:not([src]), [onerror]")];
  return [
    ...alive.map(it => `became an element: ${it.outerHTML.slice(0, 80)}`),
    ...turned.map(it => `turns what follows around: ${line(it).outerHTML.slice(0, 160)}`),
    ...seen.filter(it => it.data.includes("&lt;")).map(it => `escaped twice: ${it.data.slice(0, 80)}`),
  ];
}"""
