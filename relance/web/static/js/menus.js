// A menu is a popover beside the button that opens it; arrows go through it.
document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!menu.matches?.(".menu") || event.newState !== "open") return;
  const button = document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);
  if (button) place(menu, button);
}, true);

export function place(menu, button) {
  const at = button.getBoundingClientRect();
  const below = at.bottom + menu.offsetHeight + 8 < innerHeight || at.top < menu.offsetHeight;
  menu.style.top = `${Math.max(4, below ? at.bottom + 4 : at.top - menu.offsetHeight - 4)}px`;
  menu.style.left = `${Math.max(4, Math.min(at.left + menu.offsetWidth > innerWidth - 8 ? at.right - menu.offsetWidth : at.left, innerWidth - menu.offsetWidth - 4))}px`;
  menu.querySelector("a, button")?.focus();
}

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".menu");
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!menu || !step) return;
  event.preventDefault();
  const entries = [...menu.querySelectorAll("a, button")];
  entries[(entries.indexOf(document.activeElement) + step + entries.length) % entries.length].focus();
});

document.addEventListener("click", (event) => {
  const menu = event.target.closest(".menu:popover-open");
  if (menu && event.target.closest("a, button")) menu.hidePopover();
});
addEventListener("scroll", () => document.querySelector(".menu:popover-open")?.hidePopover(), { passive: true });
