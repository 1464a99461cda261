// Lists: a cursor that j and k move, with the focus upon it; Enter opens, x selects, Shift extends, e and s act on what
// is selected or else on the row; boxes, "select all", and the bar that acts on what is selected. A list is an element
// with data-list; its rows are those with data-row, its bar the .bulk with data-for.
export const rowsOf = (list) => [...list.querySelectorAll("[data-row]")];
export const boxOf = (row) => row.querySelector("input[type=checkbox][name=ids]");
export const chosenIn = (list) => rowsOf(list).filter((row) => boxOf(row)?.checked);
const barOf = (list) => document.querySelector(`.bulk[data-for="${CSS.escape(list.id)}"]`);
const typing = (target) => target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
let anchor = null; // where a range begins

export function mark(list) {
  const chosen = chosenIn(list);
  for (const row of rowsOf(list)) row.classList.toggle("selected", chosen.includes(row));
  const all = list.querySelector("[data-all]");
  const boxes = rowsOf(list).filter(boxOf).length;
  if (all) {
    all.checked = boxes > 0 && chosen.length === boxes;
    all.indeterminate = chosen.length > 0 && chosen.length < boxes;
  }
  const bar = barOf(list);
  if (bar) {
    if (chosen.length === 0 && bar.contains(document.activeElement)) (all ?? boxOf(rowsOf(list)[0]))?.focus();
    bar.hidden = chosen.length === 0;
    for (const count of bar.querySelectorAll("[data-count]")) count.textContent = `${chosen.length} selected`;
  }
}

function check(list, checked, rows = rowsOf(list)) {
  for (const row of rows) if (boxOf(row)) boxOf(row).checked = checked;
  mark(list);
}

function between(list, one, other) {
  const rows = rowsOf(list);
  const [first, last] = [rows.indexOf(one), rows.indexOf(other)].sort((a, b) => a - b);
  return first < 0 ? [other] : rows.slice(first, last + 1);
}

// -- the mouse

document.addEventListener("change", (event) => {
  const list = event.target.closest("[data-list]");
  if (!list) return;
  if (event.target.matches("[data-all]")) check(list, event.target.checked);
  else mark(list);
});
document.addEventListener("relance:renewed", (event) => {
  const list = event.target.closest("[data-list]") ?? event.target.querySelector("[data-list]");
  if (list) mark(list);
});
document.addEventListener("click", (event) => {
  const box = event.target.closest("[data-row] input[name=ids]");
  if (box) return chose(box, event.shiftKey);
  const none = event.target.closest("[data-none]");
  if (none) check(document.getElementById(none.closest(".bulk").dataset.for), false);
});

// With Shift, all from the one that was chosen last.
function chose(box, extending) {
  const row = box.closest("[data-row]");
  const list = row.closest("[data-list]");
  if (extending && anchor) check(list, box.checked, between(list, anchor, row));
  anchor = row;
}

// -- the keyboard

export function point(list, row) {
  for (const other of list.querySelectorAll(".cursor")) if (other !== row) other.classList.remove("cursor");
  row?.classList.add("cursor");
}

// The cursor is where the keyboard's focus is, and the other way round.
document.addEventListener("focusin", ({ target }) => {
  const row = target.closest("[data-list] [data-row]");
  if (row && target.matches(":focus-visible")) point(row.closest("[data-list]"), row);
});

function go(list, row) {
  point(list, row);
  row.querySelector("a[data-open]")?.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function extend(list, from, to) {
  if (!from || !boxOf(from)?.checked) anchor = from ?? to;
  const range = between(list, anchor, to);
  if (from && !range.includes(from)) check(list, false, [from]);
  check(list, true, range);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open], .menu:popover-open")) return;
  const list = document.querySelector("[data-list]");
  if (!list) return;
  const rows = rowsOf(list);
  const at = rows.findIndex((row) => row.classList.contains("cursor"));
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const step = { j: 1, ArrowDown: at >= 0 ? 1 : 0, k: -1, ArrowUp: at >= 0 ? -1 : 0 }[key];
  if (!step) return event.repeat || act(event, key, list, rows[at]);
  event.preventDefault();
  const to = rows[Math.max(0, Math.min(rows.length - 1, at + step))];
  if (!to) return;
  go(list, to);
  if (event.shiftKey) extend(list, rows[at], to);
  else anchor = null;
});

function act(event, key, list, row) {
  const chosen = chosenIn(list);
  if (key === "x" && row && boxOf(row)) boxOf(row).click();
  else if (key === "e" || key === "s") {
    const shortcut = `[data-shortcut="${key}"]`;
    const button = (chosen.length && barOf(list)?.querySelector(shortcut)) || row?.querySelector(shortcut);
    button?.click();
  } else if (key === "Enter" && row && event.target === document.body) row.querySelector("a[data-open]")?.click();
  else if (key === "Escape" && chosen.length) check(list, false);
  else if (key === "Escape" && row) {
    row.classList.remove("cursor");
    if (row.contains(document.activeElement)) document.activeElement.blur();
  }
}
