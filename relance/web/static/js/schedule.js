// The Schedule follow-up dialog: the picker beside the words, attempts by type, and how much room notes have left.
const formOf = (target) => target.closest?.("form.schedule");

// The picker writes into the field of words, which alone is sent; it opens at what was understood last.
function pick(form) {
  const picker = form.querySelector("[data-picked]");
  picker.value = form.querySelector("[data-local]")?.dataset.local ?? "";
  picker.showPicker();
}
document.addEventListener("click", ({ target }) => target.closest("[data-pick]") && pick(formOf(target)));

function usePicked(form, value) {
  const field = form.elements.scheduledAt;
  if (value) field.value = value.replace("T", " ");
  if (field.hasAttribute("aria-invalid")) forgive(field);
}

// A type brings its own number of attempts, unless somebody chose another.
function suggestAttempts(form) {
  const { type, maxAttempts } = form.elements;
  const known = [...type.options].map((option) => option.dataset.attempts);
  if (known.includes(maxAttempts.value) && !maxAttempts.hasAttribute("data-chosen")) maxAttempts.value = type.selectedOptions[0].dataset.attempts;
}

function countRoom(form, { id, value, dataset }) {
  const room = form.querySelector(`[data-limit-of="${id}"]`);
  const length = [...value].length;
  room.textContent = `${length}/${dataset.limit}`;
  room.classList.toggle("over", length > dataset.limit);
}

// What was wrong with a field is forgotten once it is changed: what it says now is told beside the time.
function forgive(field) {
  document.getElementById(field.getAttribute("aria-describedby"))?.remove();
  field.removeAttribute("aria-describedby");
  field.removeAttribute("aria-invalid");
}

// Before htmx collects the form, which it does a moment after the last key.
document.addEventListener("input", ({ target }) => {
  const form = formOf(target);
  if (!form) return;
  if (target.hasAttribute("aria-invalid")) forgive(target);
  if (target.matches("[data-picked]")) usePicked(form, target.value);
  else if (target.name === "type") suggestAttempts(form);
  else if (target.name === "maxAttempts") target.setAttribute("data-chosen", "");
  else if (target.dataset.limit) countRoom(form, target);
});

function showPickers() {
  for (const part of document.querySelectorAll(".schedule-at [hidden]")) part.hidden = false;
}
document.addEventListener("htmx:afterSettle", showPickers);
showPickers();
