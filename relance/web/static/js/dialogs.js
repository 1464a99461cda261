// Dialogs are fetched into #dialog, opened over the page, and gone when they close.
const place = () => document.getElementById("dialog");

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target !== place()) return;
  const dialog = place().querySelector("dialog");
  if (!dialog) return;
  dialog.showModal();
  dialog.addEventListener("close", () => dialog.remove());
  const wrong = dialog.querySelector("[aria-invalid]");
  (wrong ?? dialog.querySelector("[autofocus], .dialog-body :is(input, select, textarea):not([type=hidden])"))?.focus();
});

// A form that was refused comes back as a new dialog in the old one's place. The old one closes, and does not just go:
// so the focus is back where it came from, and the new one returns it there in its turn.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target === place() && detail.shouldSwap) place().querySelector("dialog[open]")?.close();
});

document.addEventListener("click", (event) => {
  const dialog = event.target.closest("dialog");
  if (event.target.closest("[data-close]")) dialog?.close();
  else if (event.target === dialog && !dialog.querySelector("form[data-dirty]")) {
    const box = dialog.getBoundingClientRect();
    const outside = event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
    if (outside) dialog.close();
  }
});

document.addEventListener("input", (event) => event.target.closest("form")?.setAttribute("data-dirty", ""));
document.addEventListener("relance:done", () => place().querySelector("dialog")?.close());
