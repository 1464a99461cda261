// Light, dark, or as the system has it; kept in a cookie so that the server writes it into the page.
const WORDS = { "": "Theme: system", light: "Theme: light", dark: "Theme: dark" };
const NEXT = { "": "light", light: "dark", dark: "" };
const root = document.documentElement;
const theme = () => root.dataset.theme ?? "";

function name() {
  for (const word of document.querySelectorAll("[data-theme-word]")) word.textContent = WORDS[theme()];
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-switch]");
  if (!button) return;
  const chosen = button.dataset.themeSwitch; // a theme by its name; without one, the next
  const next = chosen ? (chosen === "system" ? "" : chosen) : NEXT[theme()];
  if (next) root.dataset.theme = next;
  else delete root.dataset.theme;
  document.cookie = `theme=${next};path=/;max-age=${next ? 31536000 : 0};samesite=lax`;
  name();
});
name();
