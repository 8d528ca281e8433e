// Lights are worked out here, from stored moments: a cached row never goes stale.
const words = document.getElementById("words")?.dataset ?? {};
const say = (key, values = {}) => (words[key] ?? "").replace(/\{(\w+)\}/g, (_, k) => values[k] ?? "");
const served = Date.parse(document.querySelector('meta[name="server-now"]')?.content ?? "");
let skew = Number.isNaN(served) ? 0 : served - Date.now();
if (Math.abs(skew) < 60000) skew = 0; // loading takes time; only a wrong clock is corrected

function length(ms) {
  const minutes = Math.floor(Math.abs(ms) / 60000);
  if (minutes < 60) return say("min", { n: minutes });
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? say("hourmin", { h: hours, m: minutes % 60 }) : say("hour", { h: hours });
  const days = Math.floor(hours / 24);
  return days === 1 ? say("day1") : say("day", { n: days });
}
function paint(el, now) {
  const due = Date.parse(el.dataset.due);
  const warn = Date.parse(el.dataset.warn);
  if (Number.isNaN(due)) return;
  const state = now >= due ? "late" : now >= warn ? "soon" : "ok";
  const text = say(state === "late" ? "over" : "left", { t: length(due - now) });
  const slot = el.querySelector("[data-t]");
  if (slot && slot.textContent !== text) slot.textContent = text;
  if (el.dataset.state === state) return;
  el.dataset.state = state;
  el.classList.remove("light-plain", "light-ok", "light-soon", "light-late");
  el.classList.add(`light-${state}`);
  const use = el.querySelector("use");
  if (use) use.setAttribute("href", `${use.getAttribute("href").split("#")[0]}#l-${state}`);
}
function all() {
  const now = Date.now() + skew;
  for (const el of document.querySelectorAll(".light[data-due]")) paint(el, now);
}
all();
setInterval(all, 15000);
document.addEventListener("look:changed", all);
document.addEventListener("visibilitychange", () => { if (!document.hidden) all(); });
