// Once the whole page is ticked, all that the filters describe can be chosen, those of the other pages too.
const whole = () => document.getElementById("scheduled-all");
const number = () => document.querySelector("#scheduled-tabs [aria-current] .tab-count")?.textContent.trim() ?? "";
const ticked = (list) => list.querySelector("[data-all]:checked") !== null;

function show(list) {
  const bar = document.querySelector(`.bulk[data-for="${CSS.escape(list.id)}"]`);
  const offer = bar?.querySelector("[data-everything]");
  if (!offer) return;
  offer.hidden = !ticked(list) || !whole().disabled;
  offer.textContent = `Select all ${number()} that match`;
  if (!whole().disabled) bar.querySelector("[data-count]").textContent = `All ${number()} that match selected`;
}

// After lists.js, which counts the rows of this page.
document.addEventListener("change", ({ target }) => {
  const list = target.closest("#scheduled-list");
  if (!list) return;
  whole().disabled = true;
  show(list);
});
document.addEventListener("relance:renewed", () => {
  const list = document.getElementById("scheduled-list");
  if (!list || !whole()) return;
  if (!ticked(list)) whole().disabled = true;
  show(list);
});
document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-none]") && whole()) whole().disabled = true;
  if (!target.closest("[data-everything]")) return;
  whole().disabled = false;
  show(document.getElementById("scheduled-list"));
});
