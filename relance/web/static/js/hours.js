// The hours of a week: each day's line of text becomes pairs of fields. The line stays, hidden, and is what is sent.
const SPAN = /^(\d{1,2})(?:[:.h](\d{2}))?$/;
const texts = new WeakMap();

function enhance(week) {
  if (week.dataset.ready) return;
  week.dataset.ready = "true";
  for (const day of week.querySelectorAll("[data-day]")) {
    const line = day.querySelector("input");
    const spans = Object.assign(document.createElement("div"), { className: "spans" });
    spans.setAttribute("role", "group");
    spans.setAttribute("aria-label", day.dataset.day);
    day.querySelector("label").replaceWith(Object.assign(document.createElement("span"), { className: "hours-name", textContent: day.dataset.day }));
    texts.set(day, line);
    line.type = "hidden";
    day.append(spans);
    draw(day);
  }
}

const pairs = (line) => line.value.split(",").map((part) => part.split("–").map((time) => time.trim())).filter(([from]) => from);

function draw(day) {
  const spans = day.querySelector(".spans");
  const line = texts.get(day);
  const week = day.closest("[data-hours]");
  spans.replaceChildren(...pairs(line).map((pair) => drawn(week, day, pair)));
  if (!spans.childElementCount) spans.append(Object.assign(document.createElement("span"), { className: "hours-closed", textContent: "Closed" }));
  const tools = week.querySelector("template[data-tools]").content.cloneNode(true);
  name(tools.querySelector("[data-add]"), `Add hours on ${day.dataset.day}`);
  name(tools.querySelector("[data-to-all]"), `Copy the hours of ${day.dataset.day} to all days`);
  spans.append(tools);
}

function drawn(week, day, [from, to]) {
  const span = week.querySelector("template[data-span]").content.cloneNode(true).firstElementChild;
  const wrong = texts.get(day).getAttribute("aria-invalid");
  for (const [name, value, word] of [["from", from, "from"], ["to", to ?? "", "until"]]) {
    const field = span.querySelector(`[data-${name}]`);
    field.value = value;
    field.setAttribute("aria-label", `${day.dataset.day} ${word}`);
    if (wrong) field.setAttribute("aria-invalid", "true");
  }
  name(span.querySelector("[data-remove]"), `Remove ${from} to ${to} on ${day.dataset.day}`);
  return span;
}

function name(button, words) {
  button.setAttribute("aria-label", words);
  button.title = words;
}

function keep(day) {
  const spans = [...day.querySelectorAll(".span")].map((span) => [span.querySelector("[data-from]").value, span.querySelector("[data-to]").value].map((time) => time.trim()));
  texts.get(day).value = spans.filter(([from, to]) => from || to).map((pair) => pair.join("–")).join(", ");
}

// "9" is 09:00.
function tidy(field) {
  const [, hour, minute] = field.value.trim().match(SPAN) ?? [];
  if (hour) field.value = `${hour.padStart(2, "0")}:${minute ?? "00"}`;
}

document.addEventListener("change", ({ target }) => {
  const day = target.closest("[data-hours] [data-day]");
  if (!day) return;
  tidy(target);
  keep(day);
});

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-hours] button");
  const day = button?.closest("[data-day]");
  if (!day) return;
  if (button.hasAttribute("data-remove")) button.closest(".span").remove();
  keep(day);
  const line = texts.get(day);
  if (button.hasAttribute("data-add")) line.value = [...pairs(line).map((pair) => pair.join("–")), next(pairs(line))].join(", ");
  if (button.hasAttribute("data-to-all")) copyToAll(day, line.value);
  draw(day);
  const fields = day.querySelectorAll("[data-from]");
  (button.hasAttribute("data-add") ? fields[fields.length - 1] : day.querySelector("[data-add]"))?.focus();
});

// What is added begins an hour after the last ends.
function next(spans) {
  const last = spans.at(-1)?.[1];
  const hour = last ? Math.min(22, Number(last.slice(0, 2)) + 1) : 9;
  const until = last ? Math.min(24, hour + 4) : 18;
  return `${String(hour).padStart(2, "0")}:00–${String(until).padStart(2, "0")}:00`;
}

function copyToAll(day, text) {
  for (const other of day.closest("[data-hours]").querySelectorAll("[data-day]")) {
    texts.get(other).value = text;
    draw(other);
  }
}

function enhanceAll(root) {
  for (const week of root.querySelectorAll("[data-hours]")) enhance(week);
}
document.addEventListener("htmx:load", ({ detail }) => enhanceAll(detail.elt));
enhanceAll(document);
