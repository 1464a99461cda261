// What changes elsewhere changes here. `/api/events` says what kind of thing changed; whatever shows such things
// carries data-live with the kinds, and is fetched anew from its own address (data-from, else the page's).
// Rows keep their place: those that are as they were stay untouched, those that changed are tinted for a second.
import { standing } from "./focus.js";

const WAIT = 150;
const LONGEST = 3000;
const waiting = new Map();
const took = new WeakMap();
const own = new WeakSet(); // parts that somebody here changed, and no other
let held = 0;
let turn = 0;

// While something is on its way to the server, what it changes is not fetched anew: the answer might be the older one.
// Returns what lets go.
export function hold() {
  held += 1;
  turn += 1;
  return () => (held -= 1);
}

const going = new WeakMap();
document.addEventListener("htmx:beforeSend", ({ detail: { elt, requestConfig, xhr } }) => {
  if (requestConfig.verb !== "get" && elt.matches("form, button")) going.set(xhr, hold());
});
document.addEventListener("htmx:afterRequest", ({ detail: { xhr } }) => {
  going.get(xhr)?.();
  going.delete(xhr);
});

// What takes long to fetch is fetched less often.
export function renew(part) {
  if (!waiting.has(part)) waiting.set(part, setTimeout(() => fetchAnew(part), Math.min(LONGEST, Math.max(WAIT, 4 * (took.get(part) ?? 0)))));
}

async function fetchAnew(part) {
  waiting.delete(part);
  if (!part.isConnected || !part.id) return;
  if (held || isInUse(part)) return renew(part);
  const [began, asked, here] = [performance.now(), turn, own.delete(part)];
  const answer = await fetch(part.dataset.from || location.href, { headers: { "HX-Request": "true", "HX-Current-URL": location.href, "X-Live": part.id } }).catch(() => null);
  took.set(part, performance.now() - began);
  if (!answer?.ok || answer.headers.get("HX-Redirect")) return;
  const found = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
  if (turn !== asked || isInUse(part)) return again(part, here); // since it was asked for
  if (found && part.isConnected) {
    const keep = focusIn(part);
    for (const [old, young] of pieces(part, found)) settle(old, young, !here && isUnderPointer(old));
    keep();
    htmx.process(part);
    part.dispatchEvent(new CustomEvent("relance:renewed", { bubbles: true }));
  }
}

// Of a part with data-pieces, a selector, each piece settles by itself. Where there are others now, the part settles as
// a whole; one with live parts within it has only its pieces to say.
function pieces(part, found) {
  if (!part.dataset.pieces) return [[part, found]];
  const young = new Map([...found.querySelectorAll(part.dataset.pieces)].map((piece) => [piece.id, piece]));
  const olds = [...part.querySelectorAll(part.dataset.pieces)];
  const same = olds.length === young.size && olds.every((old) => young.has(old.id));
  if (!same && !part.querySelector("[data-live]")) return [[part, found]];
  return olds.filter((old) => young.has(old.id)).map((old) => [old, young.get(old.id)]);
}

function again(part, here) {
  if (here) own.add(part);
  renew(part);
}

const isInUse = (part) => part.querySelector(":popover-open") !== null || isTyping(part);

// What somebody is writing is not taken from under their hands.
function isTyping(part) {
  const field = document.activeElement;
  return part.contains(field) && field.matches("input:not([type=checkbox], [type=radio]), textarea, select");
}

function focusIn(part) {
  const had = document.activeElement;
  return had === part || !part.contains(had) ? () => {} : standing(had, part);
}

const alike = (a, b) => signature(a) === signature(b);
const signature = (node) => node.outerHTML.replace(/ (aria-selected|class|data-row)="[^"]*"| (checked|open)(="")?(?=[ >])/g, "").replace(/<time[^>]*>[^<]*<\/time>/g, (time) => time.replace(/>[^<]*</, "><").replace(/( data-clock="[^"]*").*>/, "$1>"));

// With data-still nothing that others do moves what is under the pointer: rows change where they stand, what is gone
// fades, and when the pointer has left what came comes and what is gone goes.
const isUnderPointer = (part) => part.hasAttribute("data-still") && part.matches(":hover") && matchMedia("(hover: hover)").matches;
const renewLater = (part) => part.addEventListener("pointerleave", () => renew(part.closest("[data-live]")), { once: true });

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

export function changed(what, ids = [], here = false) {
  for (const part of document.querySelectorAll("[data-live]")) {
    const kinds = part.dataset.live.split(" ");
    const about = part.dataset.liveIds?.split(" ");
    if (what !== "everything" && !kinds.includes(what)) continue;
    if (about && ids.length && !ids.some((id) => about.includes(id))) continue;
    again(part, here);
  }
  document.dispatchEvent(new CustomEvent("relance:changed", { detail: { what, ids } }));
}

document.addEventListener("relance:done", ({ detail }) => {
  for (const what of (detail.changed ?? "").split(" ").filter(Boolean)) changed(what, [], true);
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
