// Whoever stood on something that goes stands on its like afterwards, or where that is gone on what came nearest.
const STOPS = "a[href], button, input, select, textarea, summary, [tabindex]";
const stops = (root) => [...root.querySelectorAll(STOPS)].filter((stop) => stop.tabIndex >= 0 && stop.checkVisibility());
const now = (part) => (part.isConnected ? part : document.getElementById(part.id));

// Remember where `had` stands within `part`; what is returned puts the focus back there.
export function standing(had, part = had.closest("[data-live]") ?? document.getElementById("content") ?? document.body) {
  const row = had.closest("[id]");
  const within = row && row !== had && part.contains(row) ? row : part;
  const [at, overall] = [stops(within).indexOf(had), stops(part).indexOf(had)];
  return () => {
    if (had.isConnected && had.checkVisibility()) return had.focus({ preventScroll: true });
    const whole = now(part) ?? document.body;
    const root = within === part ? whole : whole.querySelector(`#${CSS.escape(within.id)}`);
    const found = (had.id && document.getElementById(had.id)) || (root && stops(root)[at]);
    const left = stops(whole);
    (found || left[Math.min(Math.max(overall, 0), left.length - 1)] || document.getElementById("content"))?.focus({ preventScroll: true });
  };
}

// What a request replaces, and nobody put the focus elsewhere.
let back = null;
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const had = document.activeElement;
  if (detail.shouldSwap && had !== document.body && detail.target.contains(had)) back = standing(had, detail.target);
});
document.addEventListener("htmx:afterSettle", () => {
  if (document.activeElement === document.body) back?.();
  back = null;
});
