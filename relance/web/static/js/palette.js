// Ctrl-K: find a contact, go somewhere, schedule something. What is found comes from the server.
const palette = document.getElementById("palette");
const field = palette?.querySelector("input");
const options = () => [...palette.querySelectorAll("[role=option]")];
let answered = null; // the text that what is shown was found for
let entered = false; // Enter was pressed sooner than the answer came

function open() {
  if (!palette || document.querySelector("dialog[open]")) return;
  field.value = "";
  answered = null;
  entered = false;
  palette.showModal();
  htmx.trigger(field, "relance:open");
}

function choose(step) {
  const found = options();
  const at = found.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const next = found[(at + step + found.length) % found.length];
  for (const option of found) option.setAttribute("aria-selected", String(option === next));
  next?.scrollIntoView({ block: "nearest" });
  if (next) field.setAttribute("aria-activedescendant", next.id);
  else field.removeAttribute("aria-activedescendant");
}

const press = () => options().find((option) => option.getAttribute("aria-selected") === "true")?.click();

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    open();
  }
});
document.addEventListener("click", (event) => event.target.closest("[data-palette]") && open());
field?.addEventListener("input", () => (entered = false));
field?.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    choose(step);
  } else if (event.key === "Enter") {
    event.preventDefault();
    if (answered === field.value) press();
    else entered = true;
  }
});
palette?.addEventListener("htmx:afterSettle", ({ detail }) => {
  answered = detail.requestConfig.parameters.q;
  choose(1);
  if (entered && answered === field.value) press();
});
palette?.addEventListener("click", (event) => {
  if (event.target === palette || event.target.closest("[role=option]")) palette.close();
});
