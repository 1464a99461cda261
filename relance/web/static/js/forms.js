// A button keeps its width while it works, and cannot be pressed twice.
function work(button, going) {
  if (!button) return;
  if (going) button.style.minWidth = `${button.offsetWidth}px`;
  const word = button.dataset.working;
  if (word) {
    if (going) button.dataset.idle = button.textContent;
    button.textContent = going ? word : (button.dataset.idle ?? button.textContent);
  }
  button.classList.toggle("working", going);
  button.toggleAttribute("aria-disabled", going);
  if (going) button.setAttribute("aria-disabled", "true");
}

const pressed = (event) => {
  const source = event.detail.elt;
  if (source.matches?.("form")) return event.detail.requestConfig?.triggeringEvent?.submitter ?? source.querySelector("[data-working]");
  return source.matches?.("button") ? source : null;
};

document.addEventListener("htmx:beforeRequest", (event) => {
  const button = pressed(event);
  if (button?.classList.contains("working")) event.preventDefault();
  else work(button, true);
});
document.addEventListener("htmx:afterRequest", (event) => work(pressed(event), false));

// A form without htmx leaves the page, or saves a file: its button works until then.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[hx-post], [hx-get], [hx-patch], [hx-delete]") || form.method === "dialog") return;
  work(event.submitter, true);
  setTimeout(() => work(event.submitter, false), 8000);
});

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target.id !== "dialog") detail.target.querySelector("[aria-invalid]")?.focus();
});

// What depends on a choice shows and hides with it: data-shown-for="name=value other". Of what is hidden nothing is
// sent, however deep it lies.
function follow(form) {
  for (const part of form.querySelectorAll("[data-shown-for]")) {
    const [name, values] = part.dataset.shownFor.split("=");
    const control = form.elements[name];
    const value = control?.type === "checkbox" ? String(control.checked) : control?.value;
    part.hidden = !values.split(" ").includes(value ?? "");
  }
  for (const inner of form.querySelectorAll("[data-shown-for] :is(input, select, textarea)")) {
    inner.disabled = inner.closest("[data-shown-for][hidden]") !== null;
  }
}
document.addEventListener("change", (event) => event.target.form && follow(event.target.form));
function followAll(root) {
  for (const form of root.querySelectorAll("form")) if (form.querySelector("[data-shown-for]")) follow(form);
}
document.addEventListener("htmx:afterSettle", () => followAll(document));
followAll(document);

// Filters of a list act as they are chosen.
document.addEventListener("change", (event) => {
  if (event.target.form?.hasAttribute("data-filters") && event.target.type !== "search") event.target.form.requestSubmit();
});
