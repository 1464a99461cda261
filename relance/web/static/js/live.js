// What changes elsewhere changes here. `/api/events` says what kind of thing changed; whatever shows such things
// carries data-live with the kinds, and is fetched anew from its own address (data-from, else the page's).
// Rows keep their place: those that are as they were stay untouched, those that changed are tinted for a second.
const WAIT = 150;
const LONGEST = 3000;
const waiting = new Map();
const took = new WeakMap();

// What takes long to fetch is fetched less often.
export function renew(part) {
  if (!waiting.has(part)) waiting.set(part, setTimeout(() => fetchAnew(part), Math.min(LONGEST, Math.max(WAIT, 4 * (took.get(part) ?? 0)))));
}

async function fetchAnew(part) {
  waiting.delete(part);
  if (!part.isConnected || !part.id) return;
  if (isInUse(part)) return renew(part);
  const began = performance.now();
  const answer = await fetch(part.dataset.from || location.href, { headers: { "HX-Request": "true", "HX-Current-URL": location.href, "X-Live": part.id } }).catch(() => null);
  took.set(part, performance.now() - began);
  if (!answer?.ok || answer.headers.get("HX-Redirect")) return;
  const found = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
  if (isInUse(part)) return renew(part); // since it was asked for
  if (found && part.isConnected) {
    const keep = focusIn(part);
    settle(part, found, isUnderPointer(part));
    keep();
    htmx.process(part);
    part.dispatchEvent(new CustomEvent("relance:renewed", { bubbles: true }));
  }
}

const isInUse = (part) => part.querySelector(":popover-open") !== null || isTyping(part);

// What somebody is writing is not taken from under their hands.
function isTyping(part) {
  const field = document.activeElement;
  return part.contains(field) && field.matches("input:not([type=checkbox], [type=radio]), textarea, select");
}

// Whoever stood on something that is replaced stands on its like afterwards, or where that is gone on what came nearest.
const STOPS = "a[href], button, input, select, textarea, summary, [tabindex]";
function focusIn(part) {
  const had = document.activeElement;
  if (had === part || !part.contains(had)) return () => {};
  const row = had.closest("[id]");
  const stops = (root) => [...root.querySelectorAll(STOPS)].filter((stop) => stop.tabIndex >= 0);
  const within = part.contains(row) && row !== had ? row : part;
  const [at, overall] = [stops(within).indexOf(had), stops(part).indexOf(had)];
  return () => {
    if (had.isConnected) return had.focus({ preventScroll: true });
    const root = within === part ? part : part.querySelector(`#${CSS.escape(within.id)}`);
    const found = (had.id && document.getElementById(had.id)) || (root && stops(root)[at]);
    (found || stops(part)[Math.min(overall, stops(part).length - 1)])?.focus({ preventScroll: true });
  };
}

const alike = (a, b) => signature(a) === signature(b);
const signature = (node) => node.outerHTML.replace(/ (aria-selected|class|data-row)="[^"]*"| (checked|open)(="")?(?=[ >])/g, "").replace(/<time[^>]*>[^<]*<\/time>/g, (time) => time.replace(/>[^<]*</, "><").replace(/( data-clock="[^"]*").*>/, "$1>"));

// With data-still nothing moves under the pointer: rows change where they stand, what is gone fades, and when the
// pointer has left what came comes and what is gone goes.
const isUnderPointer = (part) => part.hasAttribute("data-still") && part.matches(":hover") && matchMedia("(hover: hover)").matches;
const renewLater = (part) => part.addEventListener("pointerleave", () => renew(part), { once: true });

// Children with an id are kept by it; a part whose children have none is replaced whole.
function settle(old, young, still = false) {
  const rows = old.querySelector(":scope > tbody") ?? old.querySelector(":scope > table > tbody") ?? old;
  const fresh = young.querySelector(":scope > tbody") ?? young.querySelector(":scope > table > tbody") ?? young;
  const keyed = fresh.children.length > 0 && [...fresh.children, ...rows.children].every((child) => child.id);
  if (!keyed || rows === old !== (fresh === young)) {
    if (alike(old, young)) return;
    if (still) return renewLater(old);
    old.replaceChildren(...young.childNodes);
    return;
  }
  const known = new Map([...rows.children].map((row) => [row.id, row]));
  let place = rows.firstElementChild;
  for (const row of [...fresh.children]) {
    const here = known.get(row.id);
    known.delete(row.id);
    let kept = here;
    if (still && !here) continue;
    if (!here) {
      rows.insertBefore(row, place);
      row.classList.add("changed");
      continue;
    }
    here.classList.remove("leaving");
    if (!alike(here, row)) {
      const box = here.querySelector("input[type=checkbox][name=ids]");
      const twin = row.querySelector("input[type=checkbox][name=ids]");
      if (box && twin) twin.checked = box.checked;
      row.className = `${here.className} changed`;
      for (const unfolded of here.querySelectorAll("details[id][open]")) row.querySelector(`#${CSS.escape(unfolded.id)}`)?.setAttribute("open", "");
      if (place === here) place = row;
      here.replaceWith(row);
      kept = row;
    }
    if (kept === place) place = place.nextElementSibling;
    else if (!still) rows.insertBefore(kept, place);
  }
  if (still) renewLater(old);
  for (const gone of known.values()) still ? gone.classList.add("leaving") : gone.remove();
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
