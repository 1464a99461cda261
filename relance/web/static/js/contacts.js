// Copying a number or an address. Without a clipboard (a page that came by plain http) there is nothing to press.
import { say } from "./toasts.js";

document.documentElement.classList.toggle("copies", Boolean(navigator.clipboard));
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  say("Copied.");
});
