// Lights are worked out here, from stored moments: a cached row never goes stale.
const words = document.getElementById("look-words")?.dataset ?? {};
const say = (key, values = {}) => (words[`w${key[0].toUpperCase()}${key.slice(1)}`] ?? "").replace(/\{(\w+)\}/g, (_, k) => values[k] ?? "");
const served = Date.parse(document.querySelector('meta[name="server-now"]')?.content ?? "");
let skew = Number.isNaN(served) ? 0 : served - Date.now();
if (Math.abs(skew) < 60000) skew = 0; // loading takes time; only a wrong clock is corrected

function length(ms) {
  const minutes = Math.floor(Math.abs(ms) / 60000);
  if (minutes < 1) return say("min0");
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
  const just = state === "late" && now - due < 60000;
  const text = just ? say("now") : say(state === "late" ? "over" : "left", { t: length(due - now) });
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
  days(now);
}
// Today's moments lose their date: the text stands in the street's own time zone, as the server wrote it.
function days(now) {
  for (const el of document.querySelectorAll("time[data-short], time[data-until]")) {
    const iso = el.getAttribute("datetime");
    if (iso.length < 16) continue;
    el.dataset.far ??= el.textContent;
    const zone = iso.match(/([+-])(\d\d):(\d\d)$/);
    const offset = zone ? (zone[1] === "-" ? -1 : 1) * (zone[2] * 60 + +zone[3]) * 60000 : 0;
    const today = new Date(now + offset).toISOString().slice(0, 10);
    const near = iso.slice(0, 10) === today;
    const time = iso.slice(11, 16);
    const text = !near ? el.dataset.far : "until" in el.dataset ? say("by", { t: time }) : time;
    if (el.textContent !== text) el.textContent = text;
    if (near) el.title = el.dataset.far;
  }
}
all();
setInterval(all, 15000);
document.addEventListener("look:changed", all);
document.addEventListener("visibilitychange", () => { if (!document.hidden) all(); });
