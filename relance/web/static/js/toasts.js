// Sentences that stay for some seconds, with a way back where there is one.
const SECONDS = 10;

export function say(words, { undo = "", bad = false } = {}) {
  const place = document.getElementById("toasts");
  if (!place || !words) return;
  const toast = document.createElement("div");
  toast.className = bad ? "toast bad" : "toast";
  toast.append(Object.assign(document.createElement("span"), { textContent: words }));
  if (undo) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Undo" });
    button.addEventListener("click", () => {
      toast.remove();
      htmx.ajax("POST", undo, { swap: "none" });
    });
    toast.append(button);
  }
  place.append(toast);
  let left = setTimeout(() => toast.remove(), SECONDS * 1000);
  toast.addEventListener("pointerenter", () => clearTimeout(left));
  toast.addEventListener("pointerleave", () => (left = setTimeout(() => toast.remove(), 3000)));
}

document.addEventListener("relance:done", ({ detail }) => say(detail.said, detail));
document.addEventListener("relance:said", ({ detail }) => say(detail.said, detail));
document.addEventListener("htmx:responseError", ({ detail }) => {
  const { status } = detail.xhr;
  const words = {
    403: "You may not do this. Ask an admin.",
    404: "This is no longer there. Reload the page.",
    409: detail.xhr.responseText,
  };
  say(words[status] ?? "Something went wrong; nothing was changed. Try again in a moment.", { bad: true });
});
document.addEventListener("htmx:sendError", () => say("Relance cannot be reached. Check the connection and try again.", { bad: true }));
