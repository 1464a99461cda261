// What settings need besides: showing a password, the time in a zone, rows of a form.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.reveal) reveal(button, document.getElementById(button.dataset.reveal));
  else if (button.hasAttribute("data-add-row")) addRow(button.closest("fieldset").querySelector("[data-rows]"));
  else if (button.hasAttribute("data-remove-row")) removeRow(button.closest("[data-row-of]"));
});

function reveal(button, field) {
  const shown = field.type === "text";
  field.type = shown ? "password" : "text";
  button.textContent = shown ? "Show it" : "Hide it";
  button.setAttribute("aria-pressed", String(!shown));
}

function addRow(rows) {
  const row = rows.lastElementChild.cloneNode(true);
  for (const field of row.querySelectorAll("input")) field.value = "";
  rows.append(row);
  row.querySelector("input").focus();
}

function removeRow(row) {
  const rows = row.parentElement;
  if (rows.children.length > 1) row.remove();
  else for (const field of row.querySelectorAll("input")) field.value = "";
  (rows.closest("fieldset").querySelector("[data-add-row]") ?? rows).focus();
}

document.addEventListener("input", ({ target }) => {
  if (!target.hasAttribute("data-zone")) return;
  const clock = target.closest(".field").querySelector("time[data-clock]");
  try {
    const zone = target.value.trim() || target.placeholder;
    new Intl.DateTimeFormat("en", { timeZone: zone });
    clock.dataset.clock = zone;
  } catch {
    // Not a zone yet: the time of the one before stays.
  }
});

// These buttons do nothing without this module, and are hidden until it is there.
function show(root) {
  for (const button of root.querySelectorAll("[data-reveal], [data-add-row], [data-remove-row]")) button.hidden = false;
}
document.addEventListener("htmx:load", ({ detail }) => show(detail.elt));
show(document);

// Where the way to the other settings is a row too long for the screen, the one that is open is in view.
document.querySelector(".settings-nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
