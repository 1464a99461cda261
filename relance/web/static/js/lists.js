// Lists: a cursor that j and k move, Enter opens, x selects; boxes, "select all", and the bar that acts on what is
// selected. A list is an element with data-list; its rows are those with data-row, its bar the .bulk with data-for.
const rowsOf = (list) => [...list.querySelectorAll("[data-row]")];
const boxOf = (row) => row.querySelector("input[type=checkbox][name=ids]");
const typing = (target) => target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");

function mark(list) {
  const chosen = rowsOf(list).filter((row) => boxOf(row)?.checked);
  for (const row of rowsOf(list)) row.classList.toggle("selected", chosen.includes(row));
  const all = list.querySelector("[data-all]");
  const boxes = rowsOf(list).filter(boxOf).length;
  if (all) {
    all.checked = boxes > 0 && chosen.length === boxes;
    all.indeterminate = chosen.length > 0 && chosen.length < boxes;
  }
  const bar = document.querySelector(`.bulk[data-for="${CSS.escape(list.id)}"]`);
  if (bar) {
    bar.hidden = chosen.length === 0;
    for (const count of bar.querySelectorAll("[data-count]")) count.textContent = `${chosen.length} selected`;
  }
}

document.addEventListener("change", (event) => {
  const list = event.target.closest("[data-list]");
  if (!list) return;
  if (event.target.matches("[data-all]")) for (const row of rowsOf(list)) if (boxOf(row)) boxOf(row).checked = event.target.checked;
  mark(list);
});
document.addEventListener("relance:renewed", (event) => {
  const list = event.target.closest("[data-list]") ?? event.target.querySelector("[data-list]");
  if (list) mark(list);
});
document.addEventListener("click", (event) => {
  const none = event.target.closest("[data-none]");
  if (!none) return;
  const list = document.getElementById(none.closest(".bulk").dataset.for);
  for (const row of rowsOf(list)) if (boxOf(row)) boxOf(row).checked = false;
  mark(list);
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open], .menu:popover-open")) return;
  const list = document.querySelector("[data-list]");
  if (!list) return;
  const rows = rowsOf(list);
  const at = rows.findIndex((row) => row.classList.contains("cursor"));
  const step = { j: 1, ArrowDown: at >= 0 ? 1 : 0, k: -1, ArrowUp: at >= 0 ? -1 : 0 }[event.key];
  if (step) {
    event.preventDefault();
    const next = rows[Math.max(0, Math.min(rows.length - 1, at + step))];
    rows[at]?.classList.remove("cursor");
    next?.classList.add("cursor");
    next?.scrollIntoView({ block: "nearest" });
    return;
  }
  const row = rows[at];
  if (!row) return;
  if (event.key === "Enter" && event.target === document.body) row.querySelector("a[data-open]")?.click();
  else if (event.key === "x" && boxOf(row)) boxOf(row).click();
  else if (["e", "s"].includes(event.key)) row.querySelector(`[data-shortcut="${event.key}"]`)?.click();
  else if (event.key === "Escape") row.classList.remove("cursor");
});
