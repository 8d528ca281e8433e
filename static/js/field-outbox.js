// What has not reached the office yet: kept on this phone, sent again by itself, its state always in sight.
// Forms with data-item (one answer each) are written down with every stroke, and again before they are sent, so that even a
// page closed in the middle of a word loses nothing. What has a verdict is then sent; a note alone waits for one in its form.
// Forms with data-keeps stay on the page as they are, and are sent again while it is open; their drafts are base.js's.
const words = document.getElementById("field-words")?.dataset ?? {};
const say = (key, values = {}) => (words[`w${key[0].toUpperCase()}${key.slice(1)}`] ?? "").replace(/\{(\w+)\}/g, (_, k) => values[k] ?? "");
const who = document.body.dataset.user || "-";
const anybody = Boolean(document.querySelector("[data-anybody]")); // without a signal nobody is signed in
const PREFIX = anybody ? "wait:" : `wait:${who}:`;
const TYPED = `typed:${who}:`;
const AGAIN = 15000;
const DAY = 86400000;
const clock = () => new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";
let deliveredAt = "";
let busy = 0;
// htmx takes the forms over once the whole page is read: sent before that, they would lead away from it, again and again.
let ready = document.readyState === "complete";

// --- the shelf ---
const read = (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } };
const keys = (start) => { try { return Object.keys(localStorage).filter((key) => key.startsWith(start)); } catch { return []; } };
const rows = (start) => keys(start).map((key) => ({ key, ...read(key) })).filter((one) => one.url);
const entries = () => [...rows(PREFIX), ...(anybody ? rows("typed:").filter(judged) : [])];
function keep(form, shelf = PREFIX) {
  const fields = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "csrfmiddlewaretoken");
  const { item, what = "", party = "" } = form.dataset;
  const entry = { url: form.action, page: `${location.pathname}#item-${item}`, what, party, at: Date.now(), fields };
  try { localStorage.setItem(shelf + item, JSON.stringify(entry)); } catch { return 0; }
  if (shelf === PREFIX) drop(TYPED + item); // it is under way now
  return entry.at;
}
const judged = (one) => one.fields.some(([name, value]) => ["result", "value"].includes(name) && value);
// Typed on a page that was closed before it could be sent: what has its verdict goes the common way now.
function promote() {
  for (const { key, ...one } of rows(TYPED)) {
    const kept = PREFIX + key.slice(TYPED.length);
    if (judged(one) && (read(kept)?.at ?? 0) <= one.at) try { localStorage.setItem(kept, JSON.stringify(one)); } catch { continue; }
    if (judged(one) || Date.now() - one.at > DAY) drop(key);
  }
}
function drop(key, at = 0) {
  // What was typed while the answer was under way is newer than what was sent: it stays.
  if (at && (read(key)?.at ?? 0) > at) return;
  try { localStorage.removeItem(key); } catch { /* closed */ }
}
function refuse(key, why) {
  const entry = read(key);
  if (entry) try { localStorage.setItem(key, JSON.stringify({ ...entry, refused: why || "?" })); } catch { /* full */ }
}

// --- state of sending, in the bar at the foot and in the strip under the head ---
const held = () => document.querySelectorAll("form[data-held]:not([data-item])").length // items stand on the shelf
  + document.querySelectorAll("[data-shot-state=waits]").length;
let shelved = []; // photos that stand in this browser's database; those of this page are counted by their figures
const elsewhere = () => shelved.filter((one) => !document.querySelector(`[data-shelved="${one.id}"]`));
const look = async () => { shelved = (await globalThis.photoShelf?.all()) ?? []; paint(); };
document.addEventListener("shelf:changed", look);
function paint() {
  const kept = entries();
  const waits = kept.filter((one) => !one.refused).length + held() + elsewhere().length;
  const refused = kept.length - kept.filter((one) => !one.refused).length;
  const [icon, text] = !navigator.onLine
    ? ["cloud-off", waits ? say("nosignalkept", { n: waits }) : say("nosignal")]
    : busy ? ["cloud-up", ""] : waits ? ["cloud-up", say("kept", { n: waits })]
      : ["cloud-check", deliveredAt ? say("delivered", { t: deliveredAt }) : say("all")];
  for (const el of document.querySelectorAll("[data-sent]")) {
    const use = el.querySelector("use");
    use?.setAttribute("href", `${use.getAttribute("href").split("#")[0]}#${icon}`);
    el.dataset.state = !navigator.onLine ? "offline" : waits ? "waiting" : busy ? "sending" : "sent";
    const slot = el.querySelector("[data-sent-t]");
    if (slot && text && slot.textContent !== text) slot.textContent = text;
  }
  document.querySelectorAll("[data-send-now]").forEach((button) => { button.hidden = !kept.length; });
  const strip = document.querySelector("[data-waiting]");
  if (strip) {
    strip.hidden = !waits && !refused;
    strip.querySelector("[data-waiting-t]").textContent = refused ? say("waitingno", { n: waits + refused, m: refused }) : say("waiting", { n: waits });
  }
  list(kept);
  const answered = kept.filter((one) => !one.refused && judged(one));
  document.dispatchEvent(new CustomEvent("field:kept", { detail: { items: answered.map((one) => one.key.slice(PREFIX.length)) } }));
}

// --- the list of what waits (page "me", and the page that stands in without a signal) ---
function list(kept) {
  const box = document.querySelector("[data-waiting-list]");
  if (!box) return;
  const pages = new Map();
  for (const one of elsewhere()) pages.set(one.page, [...(pages.get(one.page) ?? []), one]);
  const photos = [...pages.values()].map((some) => ({ ...some[0], what: `${some[0].what} · ${say("photosleft", { n: some.length })}` }));
  const all = [...kept, ...photos];
  box.replaceChildren(...(all.length ? all.map(row) : [Object.assign(document.createElement("p"), { className: "muted", textContent: say("nothing") })]));
}
function row(one) {
  const line = document.createElement("div");
  line.className = "folded";
  const text = document.createElement("span");
  text.className = "grow";
  const title = Object.assign(document.createElement("b"), { textContent: one.party });
  const small = Object.assign(document.createElement("small"), { textContent: one.refused ? say("refused", { why: one.refused }) : one.what });
  text.append(title, small);
  const open = Object.assign(document.createElement("a"), { className: "btn", href: one.page, textContent: say("open") });
  line.append(text, open);
  if (one.refused) {
    const away = Object.assign(document.createElement("button"), { type: "button", className: "btn", textContent: say("drop") });
    away.addEventListener("click", () => { if (confirm(say("dropask"))) { drop(one.key); paint(); } });
    line.append(away);
  }
  return line;
}

// --- sending again ---
async function send(one) {
  const body = new FormData();
  for (const [name, value] of one.fields) body.append(name, value);
  const photos = shelved.filter((photo) => photo.page === one.page);
  for (const photo of photos) { // they go ahead of their answer, as on its own page; one that is never taken is left out
    const parcel = new FormData();
    parcel.append("key", photo.key);
    parcel.append("photo", photo.file);
    const told = await fetch(photo.send, { method: "POST", body: parcel, headers: { "X-CSRFToken": token() }, credentials: "same-origin" });
    const { kept } = told.ok && told.headers.get("Content-Type")?.includes("json") ? await told.json() : {};
    if (kept) body.append("kept", kept);
    else if (told.status !== 422 && told.status !== 413) return false;
  }
  const answer = await fetch(one.url, { method: "POST", body, headers: { "HX-Request": "true", "X-CSRFToken": token() }, credentials: "same-origin" });
  if (answer.ok && !answer.headers.get("HX-Redirect") && !answer.redirected) {
    drop(one.key, one.at);
    for (const photo of photos) await globalThis.photoShelf?.drop(photo.id);
    deliveredAt = clock();
    return true;
  }
  if (answer.ok || answer.status === 401) return false; // signed out: it waits for the next sign-in
  if (answer.status >= 500 || answer.status === 429 || answer.status === 408) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  refuse(one.key, page.querySelector(".errorlist li, .msg .grow, .errorlist")?.textContent.trim());
  return true;
}
let going = false;
async function flush() {
  if (anybody) { paint(); return; }
  if (going || !ready || !navigator.onLine) { paint(); return; }
  going = true;
  try {
    shelved = (await globalThis.photoShelf?.all()) ?? [];
    for (const one of entries()) {
      if (one.refused) continue;
      const form = formOf(one);
      if (form && shelved.some((photo) => photo.page === one.page)) continue; // its photo goes ahead, and sends it after
      if (form) { if (!form.dataset.sending) form.requestSubmit(); continue; }
      if (!(await send(one))) break;
    }
    for (const form of document.querySelectorAll("form[data-held]:not([data-item])")) if (!form.dataset.sending) form.requestSubmit();
    document.dispatchEvent(new Event("field:again"));
  } catch { /* still no signal */ } finally {
    going = false;
    paint();
  }
}
const formOf = (one, shelf = PREFIX) => document.querySelector(`form[data-item="${CSS.escape(one.key.slice(shelf.length))}"]`);

// --- what happens on this page ---
const sentAt = new WeakMap();
// Once the answer has taken its place the form is gone and htmx names what stands there now; the request still knows it.
const mine = (e) => {
  const form = e.detail?.requestConfig?.elt ?? e.detail?.elt;
  return form?.matches?.("form[data-item], form[data-keeps]") ? form : null;
};
document.addEventListener("htmx:beforeRequest", (e) => {
  const form = mine(e);
  if (!form) return;
  busy += 1;
  if (form.dataset.item) sentAt.set(form, keep(form));
  document.querySelectorAll("[data-sent]").forEach((el) => { el.dataset.state = "sending"; });
});
document.addEventListener("htmx:afterRequest", (e) => {
  const form = mine(e);
  if (!form) return;
  busy = Math.max(0, busy - 1);
  const { xhr, successful } = e.detail;
  const status = xhr?.status ?? 0;
  delete form.dataset.held;
  // htmx calls a refusal (409, 422) successful: it is shown, but nothing was delivered.
  if (successful && status < 400 && !xhr.getResponseHeader("HX-Redirect")?.includes("/accounts/login/")) {
    deliveredAt = clock();
    if (form.dataset.item) drop(PREFIX + form.dataset.item, sentAt.get(form));
  } else if (form.dataset.item && [403, 404, 409, 422].includes(status)) {
    drop(PREFIX + form.dataset.item, sentAt.get(form)); // the page says why, beside the item
  } else if (status === 0 || status >= 500 || status === 408) {
    form.dataset.held = "1";
  }
  paint();
});
// Without a signal base.js would ask to press again; here it is sent by itself.
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (e) => {
    const form = mine(e);
    if (!form) return;
    e.stopPropagation();
    document.dispatchEvent(new CustomEvent("look:toast", { detail: { text: say("again") } }));
  }, true);
}
// The server's answer may be a whole page: its errors take the focus, and a new form its draft.
document.addEventListener("htmx:afterSettle", (e) => {
  document.querySelector("#main [data-error-summary]")?.focus();
  if (e.detail.target?.id === "main") scrollTo(0, 0);
  paint();
});

// On window: by then the verdict of a value stands in the form, too.
for (const name of ["input", "change"]) {
  addEventListener(name, (e) => {
    const form = e.target.closest?.("form[data-item]");
    if (form && e.target.type !== "file") keep(form, TYPED);
  });
}

// --- what was kept comes back into the page ---
function fill(form, fields) {
  for (const [name, value] of fields) {
    const field = form.elements.namedItem(name);
    if (field instanceof RadioNodeList) { for (const radio of field) if (radio.type === "radio") radio.checked = radio.value === value; }
    else if (field && field.type === "radio") field.checked = field.value === value;
    else if (field && field.type !== "file" && field.type !== "hidden") field.value = value;
    if (name === "note" && value) field.closest("details")?.setAttribute("open", "");
  }
}
if (!anybody) promote();
for (const one of entries()) {
  const form = formOf(one);
  if (!form) continue;
  fill(form, one.fields);
  form.dataset.held = "1";
}
for (const one of anybody ? [] : rows(TYPED)) {
  const form = formOf(one, TYPED);
  if (form) fill(form, one.fields);
}
document.dispatchEvent(new Event("look:changed")); // verdicts and counts know what came back
document.querySelectorAll("[data-send-now]").forEach((button) => button.addEventListener("click", () => {
  for (const one of entries()) if (one.refused) try { localStorage.setItem(one.key, JSON.stringify({ ...read(one.key), refused: "" })); } catch { /* closed */ }
  flush();
}));
addEventListener("online", () => (anybody ? location.reload() : flush()));
addEventListener("offline", paint);
addEventListener("storage", paint);
document.addEventListener("live:state", (e) => { if (e.detail?.up) flush(); });
document.addEventListener("field:shots", paint);
document.addEventListener("visibilitychange", () => { if (!document.hidden) flush(); });
setInterval(() => { if (!document.hidden && (held() || entries().some((one) => !one.refused))) flush(); }, AGAIN);
addEventListener("beforeunload", (e) => { if (document.querySelector("[data-shot-state=waits]:not([data-shelved]), [data-shot-state=sending]:not([data-shelved])")) e.preventDefault(); });
look();
if (ready) flush();
else { paint(); document.addEventListener("DOMContentLoaded", () => { ready = true; flush(); }); }
