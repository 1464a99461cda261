// Once the whole page is ticked, all that the filters describe can be chosen, those of the other pages too. How many these
// are stands where the bar's data-number points to. What can only be done to those that are ticked is not offered then.
const barOf = (list) => document.querySelector(`.bulk[data-for="${CSS.escape(list.id)}"]`);
const whole = (bar) => bar?.querySelector("input[name=all]");
const ticked = (list) => list.querySelector("[data-all]:checked") !== null;

function number(bar) {
  const place = document.querySelector(bar.dataset.number);
  return place ? (place.dataset.number ?? place.textContent.trim()) : "";
}

function show(list) {
  const bar = barOf(list);
  const offer = bar?.querySelector("[data-everything]");
  if (!offer) return;
  const chosen = !whole(bar).disabled;
  const all = ["all", number(bar), "that match"].filter(Boolean).join(" ");
  offer.hidden = !ticked(list) || chosen;
  offer.textContent = `Select ${all}`;
  if (chosen) bar.querySelector("[data-count]").textContent = `A${all.slice(1)} selected`;
  for (const button of bar.querySelectorAll("[data-ticked]")) button.hidden = chosen;
}

// After lists.js, which counts the rows of this page.
document.addEventListener("change", ({ target }) => {
  const list = target.closest("[data-list]");
  const all = list && whole(barOf(list));
  if (!all) return;
  all.disabled = true;
  show(list);
});
document.addEventListener("relance:renewed", () => {
  for (const list of document.querySelectorAll("[data-list]")) {
    const all = whole(barOf(list));
    if (!all) continue;
    if (!ticked(list)) all.disabled = true;
    show(list);
  }
});
document.addEventListener("click", ({ target }) => {
  const bar = target.closest(".bulk");
  if (!whole(bar) || !target.closest("[data-none], [data-everything]")) return;
  whole(bar).disabled = target.closest("[data-none]") !== null;
  show(document.getElementById(bar.dataset.for));
});
