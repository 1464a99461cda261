// What changes elsewhere changes here. `/api/events` says what kind of thing changed; whatever shows such things
// carries data-live with the kinds, and is fetched anew from its own address (data-from, else the page's).
// Rows keep their place: those that are as they were stay untouched, those that changed are tinted for a second.
const WAIT = 150;
const waiting = new Map();

export function renew(part) {
  clearTimeout(waiting.get(part));
  waiting.set(part, setTimeout(() => fetchAnew(part), WAIT));
}

async function fetchAnew(part) {
  waiting.delete(part);
  if (!part.isConnected || !part.id) return;
  if (part.querySelector(":popover-open") || part.contains(document.activeElement?.closest("form"))) return renew(part);
  const answer = await fetch(part.dataset.from || location.href, { headers: { "HX-Request": "true", "HX-Current-URL": location.href, "X-Live": part.id } }).catch(() => null);
  if (!answer?.ok || answer.headers.get("HX-Redirect")) return;
  const found = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
  if (found && part.isConnected) {
    settle(part, found);
    htmx.process(part);
    part.dispatchEvent(new CustomEvent("relance:renewed", { bubbles: true }));
  }
}

const alike = (a, b) => signature(a) === signature(b);
const signature = (node) => node.outerHTML.replace(/ (aria-selected|class|data-row)="[^"]*"| checked(="")?/g, "").replace(/<time[^>]*>[^<]*<\/time>/g, (time) => time.replace(/>[^<]*</, "><"));

// Children with an id are kept by it; a part whose children have none is replaced whole.
function settle(old, young) {
  const rows = old.querySelector(":scope > tbody") ?? old.querySelector(":scope > table > tbody") ?? old;
  const fresh = young.querySelector(":scope > tbody") ?? young.querySelector(":scope > table > tbody") ?? young;
  const keyed = fresh.children.length > 0 && [...fresh.children, ...rows.children].every((child) => child.id);
  if (!keyed || rows === old !== (fresh === young)) {
    if (alike(old, young)) return;
    old.replaceChildren(...young.childNodes);
    return;
  }
  const known = new Map([...rows.children].map((row) => [row.id, row]));
  let place = rows.firstElementChild;
  for (const row of [...fresh.children]) {
    const here = known.get(row.id);
    known.delete(row.id);
    let kept = here;
    if (!here) {
      rows.insertBefore(row, place);
      row.classList.add("changed");
      continue;
    }
    if (!alike(here, row)) {
      const box = here.querySelector("input[type=checkbox][name=ids]");
      const twin = row.querySelector("input[type=checkbox][name=ids]");
      if (box && twin) twin.checked = box.checked;
      row.className = `${here.className} changed`;
      if (place === here) place = row;
      here.replaceWith(row);
      kept = row;
    }
    if (kept === place) place = place.nextElementSibling;
    else rows.insertBefore(kept, place);
  }
  for (const gone of known.values()) gone.remove();
}

export function changed(what, ids = []) {
  for (const part of document.querySelectorAll("[data-live]")) {
    const kinds = part.dataset.live.split(" ");
    const about = part.dataset.liveIds?.split(" ");
    if (what !== "everything" && !kinds.includes(what)) continue;
    if (about && ids.length && !ids.some((id) => about.includes(id))) continue;
    renew(part);
  }
  document.dispatchEvent(new CustomEvent("relance:changed", { detail: { what, ids } }));
}

document.addEventListener("relance:done", ({ detail }) => {
  for (const what of (detail.changed ?? "").split(" ").filter(Boolean)) changed(what);
});

if (document.querySelector(".frame")) {
  const stream = new EventSource("/api/events");
  let broken = false;
  stream.addEventListener("change", ({ data }) => {
    const { what, ids } = JSON.parse(data);
    changed(what, ids);
  });
  stream.addEventListener("error", () => (broken = true));
  stream.addEventListener("open", () => {
    if (broken) changed("everything");
    broken = false;
  });
  addEventListener("pagehide", () => stream.close());
}
