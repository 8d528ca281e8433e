// What every page needs: tokens for htmx, refusals in words, one sending at a time, drafts, dialogs.
// Modules import nothing from each other: they meet in data attributes and document events.
const root = document.documentElement;
root.classList.add("js");
const words = document.getElementById("look-words")?.dataset ?? {};
const say = (key, values = {}) => (words[`w${key[0].toUpperCase()}${key.slice(1)}`] ?? "").replace(/\{(\w+)\}/g, (_, k) => values[k] ?? "");
const clock = (when = new Date()) => when.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
const spriteUrl = () => document.querySelector("svg use")?.getAttribute("href")?.split("#")[0] ?? "";

// --- toasts ---
function toast(text, kind = "info", action = null) {
  const box = document.getElementById("toasts");
  if (!box || !text) return;
  for (const old of box.children) if (old.firstChild?.textContent === text) old.remove();
  const item = document.createElement("div");
  item.className = `msg msg-${kind}`;
  if (kind === "error") item.setAttribute("role", "alert");
  const body = document.createElement("span");
  body.className = "grow";
  body.textContent = text;
  item.append(body);
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link";
    button.textContent = action.label;
    button.addEventListener("click", () => { action.run(); item.remove(); });
    item.append(button);
  }
  const close = document.createElement("button");
  close.type = "button";
  close.className = "link";
  close.textContent = "×";
  close.setAttribute("aria-label", say("close"));
  close.addEventListener("click", () => item.remove());
  item.append(close);
  box.append(item);
  if (kind !== "error") setTimeout(() => item.remove(), 7000);
}
document.addEventListener("look:toast", (e) => toast(e.detail?.text, e.detail?.kind));

// --- htmx: token, failures ---
document.addEventListener("htmx:configRequest", (e) => {
  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  if (token) e.detail.headers["X-CSRFToken"] = token;
});
document.addEventListener("htmx:responseError", (e) => {
  const status = e.detail.xhr.status;
  const key = status >= 500 ? "e500" : { 401: "e401", 403: "e403", 404: "e404", 410: "e404", 413: "e413", 429: "e429" }[status];
  const reload = [403, 404, 410].includes(status) ? { label: say("reload"), run: () => location.reload() } : null;
  toast(say(key ?? "e500"), "error", reload);
});
document.addEventListener("htmx:sendError", () => toast(say("offline"), "error"));
document.addEventListener("htmx:timeout", () => toast(say("timeout"), "error"));
// A refusal that names its place (HX-Retarget) is shown there, whatever its status.
document.addEventListener("htmx:beforeSwap", (e) => {
  if (e.detail.xhr.status >= 400 && e.detail.xhr.getResponseHeader("HX-Retarget")) {
    e.detail.shouldSwap = true;
    e.detail.isError = false;
  }
});
// A lost session answers an htmx request with a redirect to the sign-in page: do not paint that into a row.
document.addEventListener("htmx:beforeSwap", (e) => {
  if (e.detail.xhr.responseURL && new URL(e.detail.xhr.responseURL).pathname.startsWith("/accounts/login")) {
    e.detail.shouldSwap = false;
    toast(say("e401"), "error");
  }
});
document.addEventListener("htmx:afterSettle", () => document.dispatchEvent(new Event("look:changed")));

// --- one sending at a time ---
const free = (form) => {
  form.removeAttribute("aria-busy");
  delete form.dataset.sending;
};
document.addEventListener("submit", (e) => {
  const form = e.target;
  if (e.defaultPrevented || form.method === "dialog") return;
  if (form.dataset.sending) { e.preventDefault(); e.stopImmediatePropagation(); return; }
  if (form.dataset.confirm && !form.dataset.confirmed) {
    const dialog = document.getElementById("confirm");
    if (dialog?.showModal) {
      e.preventDefault();
      e.stopImmediatePropagation();
      dialog.querySelector("[data-confirm-t]").textContent = form.dataset.confirm;
      const by = e.submitter;
      dialog.addEventListener("close", () => {
        // The page may have refreshed this place meanwhile: then its new form is the one to send.
        const same = (other) => other.action === form.action && other.dataset.confirm === form.dataset.confirm;
        const now = form.isConnected ? form : [...document.forms].find(same);
        if (dialog.returnValue !== "yes") { by?.focus(); return; }
        if (!now) { toast(say("e404"), "error"); return; }
        now.dataset.confirmed = "1";
        now.requestSubmit(by && now.contains(by) ? by : undefined);
        delete now.dataset.confirmed;
      }, { once: true });
      dialog.returnValue = "";
      dialog.showModal();
      return;
    }
  }
  if (form.method === "post" || form.hasAttribute("hx-post")) {
    form.dataset.sending = "1";
    form.setAttribute("aria-busy", "true");
    sentState("cloud-up", say("sending"));
    setTimeout(() => { if (e.defaultPrevented && !form.matches("[hx-post], [data-hx-post]")) free(form); });
    setTimeout(() => free(form), 25000);
  }
}, true);
document.addEventListener("htmx:afterRequest", (e) => {
  const form = e.detail.elt; // a search inside a form is not its sending
  if (!form?.matches?.("form")) return;
  free(form);
  if (e.detail.successful && e.detail.xhr.status < 400) { // htmx counts a refusal that it shows as a success
    sentState("cloud-check", say("saved", { t: clock() }));
    const signedOut = e.detail.xhr.getResponseHeader("HX-Redirect")?.includes("/accounts/login/");
    if (form.dataset.draft && !signedOut) forget(form); // led to the sign-in page: what was typed waits here
  } else {
    sentState("cloud-off", say("unsaved"));
  }
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sending]").forEach(free));

// --- state of sending, signal ---
function sentState(iconName, text) {
  document.querySelectorAll("[data-sent]").forEach((el) => {
    el.querySelector("use")?.setAttribute("href", `${spriteUrl()}#${iconName}`);
    const t = el.querySelector("[data-sent-t]");
    if (t && text) t.textContent = text;
  });
}
const signal = () => document.querySelectorAll("[data-offline]").forEach((el) => { el.hidden = navigator.onLine; });
addEventListener("online", signal);
addEventListener("offline", signal);
signal();
document.addEventListener("live:state", (e) => {
  const lost = !e.detail?.up;
  document.querySelectorAll("[data-live]").forEach((el) => {
    el.classList.toggle("is-lost", lost);
    el.querySelector("[data-live-t]").textContent = lost ? say("lost", { t: clock() }) : say("live");
  });
});

// --- drafts: nothing typed is lost ---
const DAY = 86400000;
const who = document.body.dataset.user || "-";
const draftKey = (name) => `draft:${who}:${name}`;
const shelf = (form) => {
  try { return form?.dataset.draftStore === "session" ? sessionStorage : localStorage; } catch { return null; }
};
const keeps = (el) => el.name && !el.closest("[data-nodraft]") && !el.disabled
  && !["password", "file", "hidden", "submit", "button"].includes(el.type);
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
  shelf(form)?.removeItem(draftKey(form.dataset.draft));
  document.dispatchEvent(new CustomEvent("look:draft-gone", { detail: form.dataset.draft }));
}
function restore(form) {
  const store = shelf(form);
  const raw = store?.getItem(draftKey(form.dataset.draft));
  if (!raw) return;
  let kept;
  try { kept = JSON.parse(raw); } catch { return; }
  if (Date.now() - kept.at > DAY) { forget(form); return; }
  if (form.querySelector("[aria-invalid=true]")) return; // the server has just given it back itself
  let changed = false;
  const before = [];
  const seen = {};
  for (const el of form.elements) {
    if (!keeps(el) || !(el.name in kept.fields)) continue;
    const values = kept.fields[el.name];
    if (el.type === "checkbox" || el.type === "radio") {
      const on = values.includes(el.value);
      if (on !== el.checked) { before.push([el, el.checked]); el.checked = on; changed = true; }
    } else {
      const value = values[seen[el.name] ?? 0];
      seen[el.name] = (seen[el.name] ?? 0) + 1;
      if (value !== undefined && value !== el.value) { before.push([el, el.value]); el.value = value; changed = true; }
    }
  }
  if (!changed) return;
  before.forEach(([el]) => el.dispatchEvent(new Event("change", { bubbles: true })));
  toast(say("draft", { t: clock(new Date(kept.at)) }), "info", { label: say("discard"), run: () => {
    for (const [el, value] of before) typeof value === "boolean" ? (el.checked = value) : (el.value = value);
    before.forEach(([el]) => el.dispatchEvent(new Event("change", { bubbles: true })));
    forget(form);
  } });
}
let timer;
const note = (e) => {
  const form = e.target.form;
  if (!form?.dataset?.draft || !e.isTrusted) return;
  clearTimeout(timer);
  timer = setTimeout(() => remember(form), 300);
};
document.addEventListener("input", note);
document.addEventListener("change", note);
// Sent and led elsewhere: done with. Sent and back on the same form, or on a sign-in or error page: kept.
const PENDING = "draft-pending";
document.addEventListener("submit", (e) => {
  const form = e.target;
  if (!form.dataset?.draft) return;
  clearTimeout(timer);
  remember(form);
  if (form.matches("[hx-post], [data-hx-post]")) return; // its answer tells
  try { sessionStorage.setItem(PENDING, JSON.stringify({ name: form.dataset.draft, store: form.dataset.draftStore ?? "" })); } catch { /* none */ }
}, true);
function settle() {
  let pending;
  try { pending = JSON.parse(sessionStorage.getItem(PENDING)); } catch { return; }
  if (!pending || document.body.dataset.drafts === "keep") return;
  sessionStorage.removeItem(PENDING);
  const same = [...document.querySelectorAll("form[data-draft]")].some((f) => f.dataset.draft === pending.name);
  if (!same) (pending.store === "session" ? sessionStorage : localStorage).removeItem(draftKey(pending.name));
}
function drafts() {
  for (const form of document.querySelectorAll("form[data-draft]:not([data-drafted])")) {
    form.dataset.drafted = "1";
    restore(form);
  }
}
try {
  settle();
  for (const store of [localStorage, sessionStorage]) {
    for (const key of Object.keys(store)) {
      if (key.startsWith("draft:") && Date.now() - (JSON.parse(store.getItem(key))?.at ?? 0) > DAY) store.removeItem(key);
    }
  }
} catch { /* storage is closed: drafts are a kindness, not a need */ }
drafts();
document.addEventListener("look:changed", drafts);
document.addEventListener("submit", (e) => {
  if (!e.target.hasAttribute("data-forget-drafts")) return;
  for (const store of [localStorage, sessionStorage]) {
    for (const key of Object.keys(store)) if (key.startsWith("draft:")) store.removeItem(key);
  }
});

// --- small furniture ---
document.addEventListener("click", (e) => {
  const opener = e.target.closest("[data-dialog]");
  if (opener) {
    const dialog = document.querySelector(opener.dataset.dialog);
    if (dialog?.showModal) { e.preventDefault(); dialog.showModal(); }
  }
  if (e.target.closest("[data-dismiss]")) e.target.closest(".msg")?.remove();
  if (e.target.closest("dialog [data-close]")) e.target.closest("dialog").close();
  if (e.target.matches?.("dialog")) e.target.close();
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(e.target)) menu.open = false;
});
document.addEventListener("keydown", (e) => {
  if (e.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
});
document.addEventListener("change", (e) => {
  const form = e.target.form;
  if (form?.hasAttribute("data-autosubmit")) form.requestSubmit();
});
// Parts of a form that belong to one answer: data-when="field=a|b"
function when() {
  for (const el of document.querySelectorAll("[data-when]")) {
    const [name, list] = el.dataset.when.split("=");
    const form = el.closest("form") ?? document;
    const chosen = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)]
      .filter((f) => (f.type === "radio" || f.type === "checkbox" ? f.checked : true)).map((f) => f.value);
    const on = list.split("|").some((v) => chosen.includes(v));
    el.hidden = !on;
    for (const f of el.querySelectorAll("input, select, textarea, button")) f.disabled = !on;
  }
}
when();
document.addEventListener("change", when);
document.addEventListener("look:changed", when);
document.querySelector("[data-error-summary]")?.focus();
