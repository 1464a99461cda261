// Dialogs are fetched into #dialog, opened over the page, and gone when they close. The browser then gives the focus
// back to what had it, if that is still there.
import { leave } from "./discarding.js";
import { standing } from "./focus.js";

const place = () => document.getElementById("dialog");

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target !== place()) return;
  const dialog = place().querySelector("dialog");
  if (!dialog) return;
  const back = standing(document.activeElement);
  dialog.showModal();
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (document.activeElement === document.body) back();
  });
  const wrong = dialog.querySelector("[aria-invalid]");
  (wrong ?? dialog.querySelector("[autofocus], .dialog-body :is(input, select, textarea):not([type=hidden])"))?.focus();
});

// A form that was refused comes back as a new dialog in the old one's place. The old one closes, and does not just go:
// so the focus is back where it came from, and the new one returns it there in its turn.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target === place() && detail.shouldSwap) place().querySelector("dialog[open]")?.close();
});

// Whoever marks words in a field may let go of the button beside the dialog: that is no click outside.
let pressed = null;
document.addEventListener("pointerdown", ({ target }) => (pressed = target));

function isBeside(dialog, { clientX: x, clientY: y }) {
  const box = dialog.getBoundingClientRect();
  return x < box.left || x > box.right || y < box.top || y > box.bottom;
}

document.addEventListener("click", (event) => {
  const dialog = event.target.closest("dialog");
  if (!dialog) return;
  const outside = event.target === dialog && pressed === dialog && isBeside(dialog, event);
  if (outside || event.target.closest("[data-close]")) leave(dialog);
});

document.addEventListener("relance:done", () => place().querySelector("dialog")?.close());
