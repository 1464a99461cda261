// Instants age by the instance's clock, which on a demo instance is not the browser's.
const NEAR = 12 * 3600;
let ahead = Date.parse(document.documentElement.dataset.now) - Date.now();

export const now = () => Date.now() + ahead;

export function distance(seconds) {
  const whole = Math.floor(Math.abs(seconds));
  if (whole < 5) return "now";
  if (whole < 45) return seconds > 0 ? "in a moment" : "just now";
  const amount = whole < 3600 ? `${Math.max(1, Math.floor(whole / 60))} min` : `${Math.floor(whole / 3600)} h`;
  return seconds > 0 ? `in ${amount}` : `${amount} ago`;
}

function age() {
  for (const time of document.querySelectorAll("time[data-absolute]")) {
    const seconds = (Date.parse(time.dateTime) - now()) / 1000;
    const words = Math.abs(seconds) < NEAR ? distance(seconds) : time.dataset.absolute;
    if (time.textContent !== words) time.textContent = words;
  }
  for (const time of document.querySelectorAll("time[data-clock]")) {
    const words = new Date(now()).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: time.dataset.clock });
    if (time.textContent !== words) time.textContent = words;
  }
}

setInterval(age, 1000);
document.addEventListener("relance:clock", ({ detail }) => {
  ahead = Date.parse(detail.now) - Date.now();
  age();
});
