// Those to whom a touch is owed, in the hub and on the dashboard: whoever is marked done or put off leaves at once and
// the counts shrink; then the server's answer settles it. Every button belongs to the form with data-owed.
import { post } from "./asking.js";
import { boxOf, chosenIn, mark, point, rowsOf } from "./lists.js";
import { changed, hold } from "./live.js";
import { place } from "./menus.js";
import { now } from "./times.js";
import { failed } from "./toasts.js";

const LEAVING = 130; // ms
const TWICE = 250; // ms: the second click of a double one is not meant for the next row
const atOnce = matchMedia("(prefers-reduced-motion: reduce)");
const list = document.getElementById("owed-list");
let clicked = -TWICE;

document.addEventListener("click", (event) => {
  const button = event.target.closest("#owed-list button[name=one]");
  if (!button || event.detail === 0) return;
  if (event.timeStamp - clicked < TWICE) event.preventDefault();
  else clicked = event.timeStamp;
});

// Enter in a check box would press the first button of the form.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("form[data-owed] input")) event.preventDefault();
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-owed]")) return;
  event.preventDefault();
  event.stopPropagation();
  act(event.target, event.submitter);
}, true);

async function act(form, button) {
  const said = new FormData(form, button);
  if (button.name) said.delete("ids");
  const back = leave(rowsFor(button));
  const release = hold();
  const answer = await post(button.getAttribute("formaction") ?? form.getAttribute("action"), said);
  release();
  if (answer?.ok) return;
  back();
  failed(answer?.status ?? 0);
  changed("contact", [], true);
}

// One is named by its button, or else those that are selected; a button with another name takes none away.
function rowsFor(button) {
  if (!button.name) return chosenIn(list);
  return button.name === "one" ? rowsOf(list).filter((row) => row.id === button.value) : [];
}

// -- leaving, and coming back

function leave(rows) {
  const before = rowsOf(list);
  const checked = rows.filter((row) => boxOf(row)?.checked);
  goOn(before, rows);
  count(rows, -1);
  for (const row of rows) {
    if (boxOf(row)) boxOf(row).checked = false;
    row.removeAttribute("data-row");
    row.inert = true;
    fade(row);
  }
  mark(list);
  return () => comeBack(before, rows, checked);
}

function comeBack(before, rows, checked) {
  for (const row of rows.toReversed()) {
    const next = before.slice(before.indexOf(row) + 1).find((other) => other.isConnected);
    for (const motion of row.getAnimations()) motion.cancel();
    row.inert = false;
    row.setAttribute("data-row", "");
    if (boxOf(row)) boxOf(row).checked = checked.includes(row);
    const rest = list.querySelector("#owed-rows > :not([data-row])");
    rest.parentElement.insertBefore(row, next ?? rest);
  }
  count(rows, 1);
  mark(list);
}

function fade(row) {
  if (atOnce.matches) return row.remove();
  const height = `${row.offsetHeight}px`;
  const motion = row.animate([{ height, opacity: 1 }, { height: "0px", opacity: 0 }], { duration: LEAVING, easing: "ease-out" });
  motion.onfinish = () => row.remove();
}

// The next row has the cursor and the focus that the leaving one had, so that the keyboard goes on.
function goOn(before, rows) {
  const had = document.activeElement;
  const pointed = rows.some((row) => row.classList.contains("cursor"));
  const within = rows.some((row) => row.contains(had)) || had.closest(".bulk");
  const after = before.indexOf(rows.at(-1)) + 1;
  const staying = (row) => !rows.includes(row);
  const next = before.slice(after).find(staying) ?? before.slice(0, after).findLast(staying);
  if (pointed) point(list, next);
  if (!within && !pointed) return;
  const like = had.dataset.shortcut && within ? next?.querySelector(`[data-shortcut="${had.dataset.shortcut}"]`) : null;
  (like ?? next?.querySelector("a[data-open]") ?? document.getElementById("content")).focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
}

// Somebody else's are counted out already.
function count(rows, by) {
  const mine = rows.filter((row) => !row.classList.contains("leaving"));
  for (const place of document.querySelectorAll("[data-owed-count]")) {
    const group = place.dataset.owedCount;
    const many = mine.filter((row) => group === "all" || row.dataset.groups.split(" ").includes(group)).length;
    const number = Math.max(0, Number(place.textContent.replace(/\D/g, "")) + by * many).toLocaleString("en");
    if (!many || !place.textContent) continue;
    place.textContent = number;
    place.ariaLabel = place.ariaLabel?.replace(/^[\d,]+/, number) ?? null;
    place.hidden = number === "0" && place.matches(".count");
  }
}

// -- the menu of a row

const menu = document.getElementById("owed-menu");
let openedBy = null;

document.addEventListener("pointerdown", ({ target }) => {
  if (!menu?.matches(":popover-open")) openedBy = null;
  else if (!target.closest("a[data-more]")) openedBy = null;
}, true);

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-more]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (openedBy === link) return void (openedBy = null); // a second click closes it
  menu.replaceChildren();
  await htmx.ajax("GET", link.getAttribute("href"), { source: menu, target: menu, swap: "innerHTML" });
  if (!menu.childElementCount || !link.isConnected) return;
  openedBy = link;
  menu.showPopover();
  place(menu, link);
});

// -- another day is another list

const { zone } = document.querySelector("form[data-owed]").dataset;
const dayThere = () => new Date(now()).toLocaleDateString("en-CA", { timeZone: zone });
let day = dayThere();
setInterval(() => {
  const was = day;
  day = dayThere();
  if (day !== was) changed("contact");
}, 30_000);
