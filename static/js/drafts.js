// What a person typed survives a closed page, an error, a lost session and a lost network: form[data-draft="name"].
// Kept on the device under the person's id for a day, forgotten when the server has taken it.
const words = document.getElementById("look-words")?.dataset ?? {};
const say = (key, values = {}) => (words[`w${key[0].toUpperCase()}${key.slice(1)}`] ?? "").replace(/\{(\w+)\}/g, (_, k) => values[k] ?? "");
const clock = (when) => when.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
const toast = (text, kind, action) => document.dispatchEvent(new CustomEvent("look:toast", { detail: { text, kind, action } }));
const DAY = 86400000;
const who = document.body.dataset.user || "-";
const draftKey = (name) => `draft:${who}:${name}`;
const shelf = (form) => {
  try { return form?.dataset.draftStore === "session" ? sessionStorage : localStorage; } catch { return null; }
};
const byHtmx = (form) => form.matches("[hx-post], [data-hx-post]");
// Parts of a form that a choice opens are disabled while it is not made: what stands in them is kept and put back, too.
const keeps = (el) => el.name && !el.closest("[data-nodraft]")
  && !["password", "file", "hidden", "submit", "button"].includes(el.type);

// --- keeping and putting back ---
function remember(form) {
  const fields = {};
  for (const el of form.elements) {
    if (!keeps(el)) continue;
    if (el.type === "checkbox" || el.type === "radio") {
      if (el.checked) (fields[el.name] ??= []).push(el.value);
      else fields[el.name] ??= [];
    } else (fields[el.name] ??= []).push(el.value);
  }
  try { shelf(form)?.setItem(draftKey(form.dataset.draft), JSON.stringify({ at: Date.now(), fields })); } catch { /* full */ }
}
function forget(form) {
  delete form.dataset.dirty;
  shelf(form)?.removeItem(draftKey(form.dataset.draft));
  document.dispatchEvent(new CustomEvent("look:draft-gone", { detail: form.dataset.draft }));
}
function restore(form) {
  const raw = shelf(form)?.getItem(draftKey(form.dataset.draft));
  if (!raw) return;
  let kept;
  try { kept = JSON.parse(raw); } catch { return; }
  if (Date.now() - kept.at > DAY) { forget(form); return; }
  if (form.querySelector("[aria-invalid=true]")) return; // the server has just given it back itself
  const before = [];
  const seen = {};
  for (const el of form.elements) {
    if (!keeps(el) || !(el.name in kept.fields)) continue;
    const values = kept.fields[el.name];
    if (el.type === "checkbox" || el.type === "radio") {
      const on = values.includes(el.value);
      if (on !== el.checked) { before.push([el, el.checked]); el.checked = on; }
    } else {
      const value = values[seen[el.name] ?? 0];
      seen[el.name] = (seen[el.name] ?? 0) + 1;
      if (value !== undefined && value !== el.value) { before.push([el, el.value]); el.value = value; }
    }
  }
  if (!before.length) return;
  form.dataset.dirty = "1";
  before.forEach(([el]) => el.dispatchEvent(new Event("change", { bubbles: true })));
  toast(say("draft", { t: clock(new Date(kept.at)) }), "info", { label: say("discard"), run: () => {
    for (const [el, value] of before) typeof value === "boolean" ? (el.checked = value) : (el.value = value);
    before.forEach(([el]) => el.dispatchEvent(new Event("change", { bubbles: true })));
    forget(form);
  } });
}
let timer;
let typedIn = null;
const note = (e) => {
  const form = e.target.form;
  if (!form?.dataset?.draft || !e.isTrusted) return;
  form.dataset.dirty = "1";
  typedIn = form;
  clearTimeout(timer);
  timer = setTimeout(() => remember(form), 300);
};
document.addEventListener("input", note);
document.addEventListener("change", note);
// A phone that closes the page later says nothing more: hidden is the last that is sure to be heard.
const away = () => { if (typedIn?.isConnected && typedIn.dataset.dirty) remember(typedIn); };
addEventListener("pagehide", away);
document.addEventListener("visibilitychange", () => { if (document.hidden) away(); });

// --- was it taken? ---
// A plain form tells by the page that follows: led elsewhere, it was taken; the same form again, or a page that keeps
// drafts (sign-in, errors), and it was not.
const PENDING = "draft-pending";
function settle() {
  let pending;
  try { pending = JSON.parse(sessionStorage.getItem(PENDING)); } catch { return; }
  if (!pending || document.body.dataset.drafts === "wait") return; // on the way: the page after this one tells
  sessionStorage.removeItem(PENDING);
  if (document.body.dataset.drafts === "keep") return; // not taken: kept for the day, wherever the way leads now
  const same = [...document.querySelectorAll("form[data-draft]")].some((f) => f.dataset.draft === pending.name);
  if (!same) (pending.store === "session" ? sessionStorage : localStorage).removeItem(draftKey(pending.name));
}
// A form that its answer replaced is off the page by then: the request still knows it.
const ownForm = (e) => {
  const form = e.detail.requestConfig?.elt ?? e.detail.elt;
  return form instanceof HTMLFormElement && form.dataset.draft ? form : null;
};
const signIn = words.login || "/accounts/login/";
function signedOut(xhr) {
  if (xhr.status === 401) return true;
  const led = xhr.getResponseHeader("HX-Redirect") ?? "";
  return led.startsWith(signIn) || (xhr.responseURL ? new URL(xhr.responseURL).pathname.startsWith(signIn) : false);
}
document.addEventListener("htmx:beforeOnLoad", (e) => {
  if (!signedOut(e.detail.xhr)) return;
  const own = ownForm(e);
  const typed = own ? [own] : [...document.querySelectorAll("form[data-draft][data-dirty]")];
  if (!typed.length) return;
  e.preventDefault(); // the page would be led away under somebody who types
  typed.forEach((form) => { remember(form); bar(form, "out"); });
});
document.addEventListener("htmx:afterRequest", (e) => {
  const form = ownForm(e);
  const status = e.detail.xhr?.status ?? 0;
  if (!form || status < 200 || status > 299 || signedOut(e.detail.xhr)) return;
  bar(form, null);
  forget(form);
});
document.addEventListener("htmx:sendError", (e) => { const form = ownForm(e); if (form) bar(form, "lost"); });
document.addEventListener("htmx:timeout", (e) => { const form = ownForm(e); if (form) bar(form, "slow"); });

// --- is anybody there, and is it still this person? ---
async function probe() {
  try {
    const answer = await fetch("/session/", { cache: "no-store", signal: AbortSignal.timeout(5000) });
    if (answer.status >= 500) return "lost";
    if (who === "-") return "in"; // a resident has no session that could be lost
    if (answer.status !== 204 || answer.headers.get("X-User") !== who) return "out";
    const token = answer.headers.get("X-CSRF"); // a new sign-in has made the page's own one worthless
    if (token) {
      document.querySelector('meta[name="csrf-token"]')?.setAttribute("content", token);
      document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((el) => { el.value = token; });
    }
    return "in";
  } catch {
    return "lost";
  }
}

// --- the bar: not sent, kept here ---
const waiting = new Map(); // form → timer of its next try
function button(label, css, run) {
  const el = document.createElement("button");
  el.type = "button";
  el.className = css;
  el.textContent = label;
  el.addEventListener("click", run);
  return el;
}
function bar(form, kind) {
  form.querySelector(".unsent")?.remove();
  clearTimeout(waiting.get(form));
  waiting.delete(form);
  if (!kind) return;
  const el = document.createElement("div");
  el.className = "msg msg-warning unsent";
  el.setAttribute("role", "alert");
  const text = document.createElement("span");
  text.className = "grow";
  text.textContent = say({ lost: "unsent", out: "unsentout", slow: "unsentslow" }[kind]);
  el.append(text);
  if (kind === "out") {
    const link = document.createElement("a");
    link.className = "btn";
    const page = byHtmx(form) ? new URL(form.action).pathname : location.pathname + location.search;
    link.href = `${signIn}?next=${encodeURIComponent(form.dataset.draftPage ?? page)}`;
    link.textContent = say("signin");
    el.append(link);
  }
  el.append(button(say("sendagain"), "btn", async () => {
    const state = await probe(); // also fetches the token of a new sign-in
    if (state === "in") again(form);
    else bar(form, state);
  }));
  if (kind === "lost") {
    const stop = button(say("nottry"), "link", () => { clearTimeout(waiting.get(form)); waiting.delete(form); stop.remove(); text.textContent = say("unsentkept"); });
    el.append(stop);
    later(form, 4000);
  }
  form.append(el);
  el.scrollIntoView({ block: "nearest" });
}
function later(form, wait) {
  waiting.set(form, setTimeout(async () => {
    if (!form.isConnected) { waiting.delete(form); return; }
    const state = await probe();
    if (!waiting.has(form)) return; // told not to, or sent by hand meanwhile
    if (state === "lost") later(form, Math.min(wait * 1.5, 20000));
    else if (state === "out") bar(form, "out");
    else again(form);
  }, wait));
}
function again(form) {
  clearTimeout(waiting.get(form));
  waiting.delete(form);
  form.dataset.confirmed = "1"; // it was said once
  const by = form.querySelector("[data-sent-by]");
  form.requestSubmit(by ?? undefined);
  delete form.dataset.confirmed;
}
addEventListener("online", () => { for (const form of [...waiting.keys()]) { clearTimeout(waiting.get(form)); later(form, 100); } });

document.addEventListener("submit", (e) => {
  const form = e.target;
  if (!form.dataset?.draft || e.defaultPrevented) return;
  clearTimeout(timer);
  remember(form);
  form.querySelectorAll("[data-sent-by]").forEach((el) => el.removeAttribute("data-sent-by"));
  e.submitter?.setAttribute("data-sent-by", "");
  if (byHtmx(form)) return; // its answer tells
  if (document.body.classList.contains("console") && who !== "-" && !form.dataset.sure) {
    // A plain form leaves the page: first see that somebody will answer, and that it is still this person.
    e.preventDefault();
    e.stopPropagation();
    probe().then((state) => {
      if (state !== "in") { bar(form, state); return; }
      form.dataset.sure = "1";
      again(form);
      delete form.dataset.sure;
    });
    return;
  }
  bar(form, null);
  try { sessionStorage.setItem(PENDING, JSON.stringify({ name: form.dataset.draft, store: form.dataset.draftStore ?? "" })); } catch { /* none */ }
}, true);

// --- forms come and go ---
function drafts() {
  for (const form of document.querySelectorAll("form[data-draft]:not([data-drafted])")) {
    form.dataset.drafted = "1";
    restore(form);
  }
}
try {
  settle();
  let some = false;
  for (const store of [localStorage, sessionStorage]) {
    for (const key of Object.keys(store)) {
      if (!key.startsWith("draft:")) continue;
      if (Date.now() - (JSON.parse(store.getItem(key))?.at ?? 0) > DAY) store.removeItem(key);
      else some = true;
    }
  }
  document.querySelectorAll("[data-kept-note]").forEach((el) => { el.hidden = !some; });
} catch { /* storage is closed: drafts are a kindness, not a need */ }
drafts();
document.addEventListener("look:changed", drafts);
document.addEventListener("submit", (e) => {
  if (!e.target.hasAttribute("data-forget-drafts")) return;
  for (const store of [localStorage, sessionStorage]) {
    for (const key of Object.keys(store)) if (key.startsWith("draft:")) store.removeItem(key);
  }
  if (who === "-") globalThis.indexedDB?.deleteDatabase(`photos:${who}`); // a resident's photos that had not arrived; a squad's wait for it
});
