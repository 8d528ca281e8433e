// Two people in one case see each other: a sign of life every twenty seconds, another when somebody begins to write.
const EVERY = 20000;
let writing = false;
let beat = 0;
const place = () => document.querySelector("[data-presence]");
const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";
const isWriting = () => document.querySelector(".act-slot form, form[data-draft][data-dirty]") !== null;

function sign(more = {}) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", token());
  body.set("writing", writing ? "1" : "0");
  for (const [name, value] of Object.entries(more)) body.set(name, value);
  return body;
}
async function tell() {
  clearTimeout(beat);
  const el = place();
  if (!el || document.hidden) return;
  writing = isWriting();
  try {
    const answer = await fetch(el.dataset.presence, { method: "POST", body: sign(), headers: { "HX-Request": "true", "X-Quiet": "1" } });
    if (answer.status === 200) {
      const text = (await answer.text()).trim();
      const now = place();
      if (now && now.innerHTML !== text) now.innerHTML = text;
      if (now) now.dataset.liveSeq = answer.headers.get("X-Seq") ?? "0";
    }
  } catch { /* no network: nobody is seen, nothing else changes */ }
  clearTimeout(beat);
  beat = setTimeout(tell, EVERY);
}
let soon = 0;
function look() {
  clearTimeout(soon);
  soon = setTimeout(() => { if (isWriting() !== writing) tell(); }, 400);
}
document.addEventListener("live-refresh", (e) => { if (e.target === place()) tell(); });
document.addEventListener("input", look);
document.addEventListener("look:changed", look);
document.addEventListener("look:draft-gone", look);
document.addEventListener("visibilitychange", () => { if (!document.hidden) tell(); });
addEventListener("pageshow", tell);
addEventListener("pagehide", () => {
  const el = place();
  if (el) navigator.sendBeacon(el.dataset.presence, sign({ gone: "1" }));
});
