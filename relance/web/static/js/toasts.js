// Sentences that stay for some seconds, with a way back where there is one. Nobody is hurried: while the pointer or the
// focus is there it stays, and when it goes the focus is back where it came from.
import { post } from "./asking.js";
import { standing } from "./focus.js";

const SECONDS = 10;
const LEFT_SECONDS = 3;

export function say(words, { undo = "", bad = false } = {}) {
  const place = document.getElementById("toasts");
  if (!place || !words) return;
  const toast = document.createElement("div");
  toast.className = bad ? "toast bad" : "toast";
  toast.append(Object.assign(document.createElement("span"), { textContent: words }));
  if (undo) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Undo" });
    button.addEventListener("click", () => {
      go();
      takeBack(undo);
    });
    toast.append(button);
  }
  const over = Date.now() + SECONDS * 1000;
  let back = () => {};
  let left = 0;
  const go = () => {
    const stoodHere = toast.contains(document.activeElement);
    toast.remove();
    if (stoodHere) back();
  };
  const stay = () => clearTimeout(left);
  const leave = () => {
    stay();
    if (!toast.matches(":hover, :focus-within")) left = setTimeout(go, Math.max(LEFT_SECONDS * 1000, over - Date.now()));
  };
  toast.addEventListener("focusin", ({ relatedTarget }) => {
    stay();
    if (relatedTarget && !toast.contains(relatedTarget)) back = standing(relatedTarget);
  });
  toast.addEventListener("focusout", () => setTimeout(leave));
  toast.addEventListener("pointerenter", stay);
  toast.addEventListener("pointerleave", leave);
  place.append(toast);
  leave();
}

async function takeBack(undo) {
  const answer = await post(undo);
  if (!answer?.ok) failed(answer?.status ?? 0);
}

document.addEventListener("relance:done", ({ detail }) => say(detail.said, detail));
document.addEventListener("relance:said", ({ detail }) => say(detail.said, detail));

// Says why something was not done; the status is 0 where no answer came.
export function failed(status, text = "") {
  const words = {
    0: "Relance cannot be reached. Check the connection and try again.",
    403: "You may not do this. Ask an admin.",
    404: "This is no longer there. Reload the page.",
    409: text,
  };
  say(words[status] ?? "Something went wrong; nothing was changed. Try again in a moment.", { bad: true });
}

document.addEventListener("htmx:responseError", ({ detail: { xhr } }) => failed(xhr.status, xhr.responseText));
document.addEventListener("htmx:sendError", () => failed(0));
