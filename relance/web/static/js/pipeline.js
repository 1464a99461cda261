// The board: a card goes to another stage by the pointer, by keys or by its menu, at once; the answer settles it. h and
// l go from column to column, j and k from card to card, with Shift h and l take the card along; m opens its menu.
import { post } from "./asking.js";
import { changed, hold, renew } from "./live.js";
import { place } from "./menus.js";
import { failed } from "./toasts.js";

const menu = document.getElementById("board-menu");
const board = () => document.getElementById("board");
const columns = () => [...board().querySelectorAll(".board-column[data-stage]")];
const cardsIn = (column) => [...column.querySelectorAll(".board-card")];
const columnOf = (card) => card.closest(".board-column");
const go = (card) => card?.querySelector("a[data-open]").focus();

// -- moving

async function move(card, to) {
  if (!to || to === columnOf(card)) return;
  const [list, next] = [card.parentElement, card.nextElementSibling];
  const release = hold();
  put(card, to.querySelector(".board-cards"), null);
  const answer = await post(`/contacts/${card.id}/stage`, { stage: to.dataset.stage });
  release();
  if (answer?.ok) return;
  put(card, list, next);
  failed(answer?.status ?? 0);
  changed("contact", [], true);
}

// A card that comes in stands first until its place is known; one that comes back, where it was.
function put(card, list, next) {
  const had = card.contains(document.activeElement) ? document.activeElement : null;
  count(columnOf(card), -1);
  list.insertBefore(card, next?.isConnected ? next : list.firstElementChild);
  count(columnOf(card), 1);
  had?.focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function count(column, by) {
  const figure = column.querySelector(".board-count");
  if (figure.textContent) figure.textContent = (Number(figure.textContent.replace(/\D/g, "")) + by).toLocaleString("en");
}

// -- by the pointer

let dragged = null;
let letGo = () => {};

function over(column) {
  for (const other of columns()) other.classList.toggle("over", other === column && other !== columnOf(dragged));
}

document.addEventListener("dragstart", (event) => {
  const card = event.target.closest?.(".board-card");
  if (!card) return;
  dragged = card;
  letGo = hold();
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", card.querySelector("a[data-open]").textContent);
  requestAnimationFrame(() => dragged?.classList.add("dragged")); // once its picture is taken
});
document.addEventListener("dragover", (event) => {
  if (!dragged) return;
  const column = event.target.closest?.(".board-column[data-stage]");
  over(column);
  if (column) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  const column = dragged && event.target.closest?.(".board-column[data-stage]");
  if (!column) return;
  event.preventDefault();
  move(dragged, column);
});
document.addEventListener("dragend", () => {
  if (!dragged) return;
  letGo();
  dragged.classList.remove("dragged");
  dragged = null;
  over(null);
});

// -- by its menu

function open(card) {
  menu.dataset.card = card.id;
  const { stage } = columnOf(card).dataset;
  for (const entry of menu.querySelectorAll("[data-to]")) entry.ariaCurrent = entry.dataset.to === (stage || "none") ? "true" : null;
  for (const link of menu.querySelectorAll("[data-of]")) link.href = `/contacts/${card.id}${link.dataset.of}`;
  menu.showPopover();
  place(menu, card.querySelector("[data-move]"));
}

menu.addEventListener("click", (event) => {
  const card = document.getElementById(menu.dataset.card);
  const entry = event.target.closest("[data-to]");
  if (entry && card) move(card, document.getElementById(`column-${entry.dataset.to}`));
  const dialog = event.target.closest('[data-of="/due"]');
  if (!dialog || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  htmx.ajax("GET", dialog.getAttribute("href"), { source: dialog, target: "#dialog" });
});

// A press beside the menu closes it: on its own button it does no more than that.
let closed = "";
document.addEventListener("pointerdown", () => (closed = menu.matches(":popover-open") ? menu.dataset.card : ""), true);
document.addEventListener("click", ({ target }) => {
  const card = target.closest("[data-move]")?.closest(".board-card");
  if (card && card.id !== closed) open(card);
  closed = "";
});
document.addEventListener("scroll", ({ target }) => target.closest?.(".board, .board-cards") && menu.matches(":popover-open") && menu.hidePopover(), true);

// -- by keys

const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
const STEPS = { ArrowLeft: [-1, 0], h: [-1, 0], ArrowRight: [1, 0], l: [1, 0], ArrowUp: [0, -1], k: [0, -1], ArrowDown: [0, 1], j: [0, 1] };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open], .menu:popover-open")) return;
  const card = document.activeElement.closest(".board-card");
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const [across, down] = STEPS[key] ?? [0, 0];
  if (key === "m" && card) open(card);
  else if (card && across && event.shiftKey) move(card, columns()[columns().indexOf(columnOf(card)) + across]);
  else if (card && across) go(beside(card, across));
  else if (card && down) go(cardsIn(columnOf(card))[cardsIn(columnOf(card)).indexOf(card) + down]);
  else if ("hjkl".includes(key) && !event.shiftKey) go(board().querySelector(".board-card"));
  else return;
  event.preventDefault();
});

// The card at the same height in the next column that has any.
function beside(card, step) {
  const all = columns();
  const height = cardsIn(columnOf(card)).indexOf(card);
  for (let at = all.indexOf(columnOf(card)) + step; all[at]; at += step) {
    const cards = cardsIn(all[at]);
    if (cards.length) return cards[Math.min(height, cards.length - 1)];
  }
}

// -- counts, and columns that show more

// What is fetched meanwhile would not know of what is added.
const isFurther = ({ requestConfig }) => requestConfig.elt.closest?.(".board-more") ?? false;
const adding = [];
document.addEventListener("htmx:beforeRequest", ({ detail }) => isFurther(detail) && adding.push(hold()));
document.addEventListener("htmx:afterRequest", ({ detail }) => isFurther(detail) && adding.pop()?.());
document.addEventListener("htmx:afterSwap", ({ target }) => {
  if (target.id === "board-counts") renew(target);
  if (!target.matches(".board-card")) return;
  if (document.activeElement === document.body) go(target);
  const from = new URL(board().dataset.from, location);
  from.searchParams.set(columnOf(target).id.replace("column-", ""), cardsIn(columnOf(target)).length);
  board().dataset.from = from.pathname + from.search;
});
// A column that is new has no count yet.
document.addEventListener("relance:renewed", ({ target }) => {
  if (target === board() && target.querySelector(".board-count:empty")) renew(document.getElementById("board-counts"));
});
renew(document.getElementById("board-counts"));
