// Buttons that copy: `data-copy` is the text, `data-copy-from` the id of what holds it. Where there is no clipboard (a
// page that came by plain http) the text is selected, to be copied by hand.
import { say } from "./toasts.js";

document.documentElement.classList.add("copies");

const sourceOf = (button) => document.getElementById(button.dataset.copyFrom) ?? button.previousElementSibling;
const textOf = (source) => (source.value ?? source.textContent).trim();

function select(source) {
  if (source.select) source.select();
  else getSelection().selectAllChildren(source);
}

// A button with a word says it itself.
function tell(button, word) {
  const own = button.querySelector("span");
  if (own) own.textContent = word;
  else say(`${word}.`);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (!button) return;
  const source = sourceOf(button);
  try {
    await navigator.clipboard.writeText(button.dataset.copy ?? textOf(source));
    tell(button, "Copied");
  } catch {
    select(source);
    tell(button, "Press Ctrl C");
  }
});
