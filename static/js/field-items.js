// The checklist: items save themselves one by one, the verdict of a value stands while it is typed, answered ones can step aside.
const waiting = new Map();
const send = (form, wait) => {
  clearTimeout(waiting.get(form));
  waiting.set(form, setTimeout(() => {
    if (form.dataset.sending) { send(form, 300); return; } // one at a time; this one goes after it
    waiting.delete(form);
    if (form.isConnected) form.requestSubmit();
  }, wait));
};
// The phone is put away: what waits for a pause in the typing goes now.
document.addEventListener("visibilitychange", () => { if (document.hidden) for (const form of waiting.keys()) send(form, 0); });
const itemForm = (e) => e.target.closest?.("form[data-item]");
// A note or a photo alone waits for the verdict: without one nothing can be saved.
const ready = (form) => form.querySelector("input[name=result]:checked") || form.querySelector("input[name=value]")?.value;

// A value against its limit answers the item itself; "not applicable" was a decision and stays.
function judge(form) {
  const value = Number.parseFloat(form.elements.value.value.replace(",", "."));
  const limit = Number.parseFloat(form.querySelector("[data-measure]")?.dataset.limit);
  for (const radio of form.querySelectorAll("input[name=result]")) {
    if (radio.value === "na" && radio.checked) return;
    radio.checked = !Number.isNaN(value) && !Number.isNaN(limit) && radio.value === (value > limit ? "no" : "yes");
  }
}
document.addEventListener("input", (e) => {
  const form = itemForm(e);
  if (!form) return;
  if (e.target.name === "value") judge(form);
  // Dictation leaves no "change" behind: what is spoken is saved after a pause.
  if (["value", "note", "instrument"].includes(e.target.name) && ready(form)) send(form, 1500);
});
document.addEventListener("change", (e) => {
  const form = itemForm(e);
  if (!form || e.target.type === "file") return;
  if (e.target.name === "result" && e.target.value === "no") form.querySelector("[data-note]")?.setAttribute("open", "");
  if (ready(form)) send(form, 250);
});
document.addEventListener("field:photo-sent", (e) => {
  const form = itemForm(e);
  if (form && ready(form)) send(form, 100);
});
document.addEventListener("item-saved", (e) => {
  const form = document.querySelector(`form[data-item="${e.detail.item}"]`);
  if (!form) return;
  form.closest(".item").dataset.done = "1";
  if (waiting.has(form)) return; // typed on meanwhile
  form.closest(".item").classList.remove("is-refused");
  const radio = form.querySelector(`input[name=result][value="${e.detail.result}"]`);
  if (radio) radio.checked = true;
});

// --- only the open ones, and on to the next ---
const list = document.querySelector("[data-items]");
const only = () => document.querySelector("[data-open-only]");
function filter(on) {
  if (!list) return;
  for (const item of list.querySelectorAll(".item")) item.hidden = on && ("done" in item.dataset || "kept" in item.dataset) && !item.classList.contains("is-refused");
  only()?.setAttribute("aria-pressed", String(on));
}
// What is answered on this phone and not sent yet counts too, and says so; the page knows only what the server has.
const words = document.getElementById("field-words")?.dataset ?? {};
const say = (key, values) => (words[key] ?? "").replace(/\{(\w+)\}/g, (_, k) => values[k] ?? "");
const write = (slot, text) => {
  if (!slot) return;
  slot.dataset.before ??= slot.textContent;
  const now = text ?? slot.dataset.before;
  if (slot.textContent !== now) slot.textContent = now;
};
function count(kept) {
  const items = [...(list?.querySelectorAll(".item") ?? [])];
  for (const item of items) item.toggleAttribute("data-kept", !("done" in item.dataset) && kept.includes(item.id.slice(5)));
  const held = items.filter((item) => "kept" in item.dataset).length;
  const line = document.getElementById("progress");
  const given = Number(line?.dataset.answered);
  write(line?.querySelector("[data-answered-t]"), held ? say("wAnswereditems", { a: given + held, n: line.dataset.total }) : null);
  write(line?.querySelector("[data-kept-t]"), held ? say("wKeptitems", { n: held }) : null);
  if (line) line.querySelector("progress").value = given + held;
  const link = document.querySelector("a[data-next]");
  if (!link) return;
  link.dataset.first ??= link.getAttribute("href");
  const open = items.filter((item) => !("done" in item.dataset) && !("kept" in item.dataset));
  const first = items.findIndex((item) => `#${item.id}` === link.dataset.first);
  const next = open.find((item) => items.indexOf(item) >= first) ?? open[0];
  link.setAttribute("href", next && held ? `#${next.id}` : link.dataset.first);
  const name = next?.querySelector("h3")?.firstChild.textContent.trim().replace(/^\d+\.\s*/, "");
  write(link.firstElementChild, !held ? null : next ? say("wNextitem", { i: name }) : say("wAllkept", { n: held }));
}
document.addEventListener("field:kept", (e) => count(e.detail.items));

let filtered = false;
document.addEventListener("click", (e) => {
  if (e.target.closest?.("[data-open-only]")) { filtered = !filtered; filter(filtered); return; }
  const link = e.target.closest?.("a[data-next]");
  const item = link && document.querySelector(link.getAttribute("href"));
  if (!item) return;
  e.preventDefault();
  if (filtered) filter(true); // what was answered meanwhile steps aside now, not under the finger
  item.hidden = false;
  item.scrollIntoView({ block: "center" });
  item.querySelector("input:not([type=hidden]), button")?.focus({ preventScroll: true });
});
document.addEventListener("htmx:afterSettle", () => only()?.setAttribute("aria-pressed", String(filtered)));
