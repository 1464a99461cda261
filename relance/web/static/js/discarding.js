// A dialog in which something was entered asks before it goes. Escape gives the answer that loses nothing: however often
// it is pressed, what was entered stays.
const FIELD = "input:not([type=hidden]), select, textarea";
const opened = () => document.querySelector("#dialog > dialog[open]");
const question = (dialog) => dialog.querySelector("[data-discard]");
const isAsking = (dialog) => question(dialog)?.hidden === false;
let last = null; // the field that was used last

const usual = (select) => Math.max(0, [...select.options].findIndex((option) => option.defaultSelected));

function wasChanged(field) {
  if (field.options) return field.selectedIndex !== usual(field);
  return field.matches("[type=checkbox], [type=radio]") ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
}

function isFilledIn(dialog) {
  const fields = [...dialog.querySelectorAll(`form[hx-post] :is(${FIELD})`)];
  return dialog.hasAttribute("data-entered") || fields.some((field) => field.name && wasChanged(field));
}

function ask(dialog) {
  question(dialog).hidden = false;
  question(dialog).querySelector("[data-keep]").focus();
}

function keep(dialog) {
  question(dialog).hidden = true;
  const field = dialog.contains(last) ? last : dialog.querySelector(`.dialog-body :is(${FIELD})`);
  field?.focus();
}

export function leave(dialog) {
  if (question(dialog) && isFilledIn(dialog)) ask(dialog);
  else dialog.close();
}

function dismiss(event, dialog) {
  if (isAsking(dialog)) keep(dialog);
  else if (question(dialog) && isFilledIn(dialog)) ask(dialog);
  else return;
  event.preventDefault();
}

document.addEventListener("keydown", (event) => {
  const dialog = opened();
  if (event.key !== "Escape" || !dialog || event.isComposing || document.querySelector(":popover-open")) return;
  dismiss(event, dialog);
});
// The gesture that goes back, which is no key.
document.addEventListener("cancel", (event) => event.target === opened() && dismiss(event, event.target), true);

document.addEventListener("click", ({ target }) => {
  const dialog = target.closest("dialog");
  if (target.closest("[data-keep]")) keep(dialog);
  else if (target.closest("[data-let-go]")) dialog.close();
});

document.addEventListener("focusin", ({ target }) => {
  const dialog = opened();
  if (!dialog?.contains(target) || !target.matches(FIELD)) return;
  last = target;
  if (isAsking(dialog)) question(dialog).hidden = true;
});

// A form that was refused comes back with what was entered as if it had always stood there.
let entered = null;
document.addEventListener("htmx:beforeSwap", ({ detail: { requestConfig, xhr } }) => {
  const dialog = opened();
  const sent = dialog?.contains(requestConfig.elt) && requestConfig.elt.matches("form");
  entered = sent ? xhr.status === 422 && isFilledIn(dialog) : null;
});
document.addEventListener("htmx:afterSwap", () => {
  if (entered !== null) document.querySelector("#dialog > dialog")?.toggleAttribute("data-entered", entered);
});
