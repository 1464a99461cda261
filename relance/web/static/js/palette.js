// Ctrl-K: find a contact, go somewhere, schedule something. What is found comes from the server.
const palette = document.getElementById("palette");
const field = palette?.querySelector("input");
const options = () => [...palette.querySelectorAll("[role=option]")];

function open() {
  if (!palette || palette.open) return;
  field.value = "";
  palette.showModal();
  htmx.trigger(field, "relance:open");
}

function choose(step) {
  const found = options();
  const at = found.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const next = found[(at + step + found.length) % found.length];
  for (const option of found) option.setAttribute("aria-selected", String(option === next));
  next?.scrollIntoView({ block: "nearest" });
  if (next?.id) field.setAttribute("aria-activedescendant", next.id);
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    open();
  }
});
document.addEventListener("click", (event) => event.target.closest("[data-palette]") && open());
field?.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    choose(step);
  } else if (event.key === "Enter") {
    event.preventDefault();
    options().find((option) => option.getAttribute("aria-selected") === "true")?.click();
  }
});
palette?.addEventListener("htmx:afterSwap", () => choose(1));
palette?.addEventListener("click", (event) => {
  if (event.target === palette || event.target.closest("[role=option]")) palette.close();
});
