// Keys: ? help, / search, z undo the last, g and a letter to go. Those of lists are in lists.js.
import { allTold } from "./asking.js";

let going = 0;
const typing = (target) => target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
  if (event.key === "?") return open(event);
  if (event.key === "z") return void allTold().then(() => [...document.querySelectorAll("#toasts button")].at(-1)?.click());
  if (event.key === "/") {
    const field = document.querySelector("input[type=search]");
    if (field) {
      event.preventDefault();
      field.focus();
      field.select();
    }
    return;
  }
  if (event.key === "g") return void (going = Date.now());
  if (Date.now() - going < 1500) {
    going = 0;
    const link = document.querySelector(`.places a[data-key="${CSS.escape(event.key)}"]`);
    if (link) {
      event.preventDefault();
      event.stopImmediatePropagation();
      link.click();
    }
  }
});

function open(event) {
  event?.preventDefault();
  document.getElementById("keys")?.showModal();
}
document.addEventListener("click", (event) => event.target.closest("[data-keys]") && open());
