// The wall screen: refreshed by the stream, without it every half minute; a reload at night frees whatever piled up.
const live = document.querySelector("[data-wall-live]");
const words = live?.dataset ?? {};
// The office's own time, whatever the screen's machine believes its zone to be.
const zone = (document.querySelector('meta[name="server-now"]')?.content ?? "").match(/([+-])(\d\d):(\d\d)$/);
const offset = zone ? (zone[1] === "-" ? -1 : 1) * (zone[2] * 60 + +zone[3]) * 60e3 : 0;
const there = (when = new Date()) => new Date(when.getTime() + offset).toISOString();
const clock = (when = new Date()) => there(when).slice(11, 16);
const english = document.documentElement.lang === "en";
const said = (style) => new Intl.DateTimeFormat(english ? "en-GB" : "zh-CN", { ...style, timeZone: "UTC" });
const [date, weekday] = [said({ year: "numeric", month: english ? "short" : "long", day: "numeric" }), said({ weekday: "short" })];
const dayWords = (when) => { const day = new Date(there(when)); return `${date.format(day)} ${weekday.format(day)}`; };
const HALF_MINUTE = 30e3;
const NIGHT = 4; // o'clock
let up = false;
let lostAt = null;
let answered = Date.now();
let asked = 0;

function tell() {
  if (!live) return;
  const stale = Date.now() - answered > 4 * HALF_MINUTE;
  live.classList.toggle("is-up", up && !stale);
  live.classList.toggle("is-lost", stale || (!up && lostAt !== null));
  const text = stale ? words.stale.replace("{t}", clock(new Date(answered)))
    : up ? words.up : lostAt ? words.lost.replace("{t}", clock(lostAt)) : null;
  const slot = live.querySelector("span");
  if (text && slot.textContent !== text) slot.textContent = text;
}
document.addEventListener("live:state", (e) => {
  up = Boolean(e.detail?.up);
  if (up) { lostAt = null; ask(); } else lostAt ??= new Date();
  tell();
});
function ask() {
  asked = Date.now();
  document.getElementById("wall-now")?.dispatchEvent(new CustomEvent("wall-refresh", { bubbles: false }));
}
document.addEventListener("htmx:afterRequest", (e) => { if (e.detail.successful) answered = Date.now(); tell(); });

// With the stream the figures are asked again every five minutes all the same: time itself makes things late.
const opened = Date.now();
setInterval(() => {
  const due = up ? 10 * HALF_MINUTE : HALF_MINUTE;
  if (Date.now() - Math.max(asked, answered) >= due - 1000) ask();
  tell();
}, 5e3);
setInterval(() => {
  const now = new Date();
  const face = document.querySelector("[data-wall-clock]");
  if (face && face.textContent !== clock(now)) face.textContent = clock(now);
  const day = document.querySelector("[data-wall-day]");
  if (day && day.textContent !== dayWords(now)) day.textContent = dayWords(now);
  if (Number(there(now).slice(11, 13)) === NIGHT && Date.now() - opened > 3600e3) {
    // Only onto a server that answers: else the screen would show the browser's own error page until morning.
    fetch(location.href, { method: "HEAD", credentials: "same-origin", cache: "no-store" }).then((r) => r.ok && !r.redirected && location.reload()).catch(() => {});
  }
}, 1e3);
