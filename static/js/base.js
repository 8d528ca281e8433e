// What every page needs: tokens for htmx, refusals in words, one sending at a time, dialogs. Drafts: drafts.js.
// Modules import nothing from each other: they meet in data attributes and document events.
const root = document.documentElement;
root.classList.add("js");
const words = document.getElementById("look-words")?.dataset ?? {};
const say = (key, values = {}) => (words[`w${key[0].toUpperCase()}${key.slice(1)}`] ?? "").replace(/\{(\w+)\}/g, (_, k) => values[k] ?? "");
const clock = (when = new Date()) => when.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
const spriteUrl = () => document.querySelector("svg use")?.getAttribute("href")?.split("#")[0] ?? "";

// --- toasts ---
function toast(text, kind = "info", action = null, stay = false) {
  const box = document.getElementById("toasts");
  if (!box || !text) return;
  for (const old of box.children) if (old.firstChild?.textContent === text) old.remove();
  const item = document.createElement("div");
  item.className = `msg msg-${kind}`;
  if (kind === "error") item.setAttribute("role", "alert");
  if (stay) item.dataset.stay = "";
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
  if (kind !== "error" && !stay) setTimeout(() => item.remove(), 7000);
}
document.addEventListener("look:toast", (e) => toast(e.detail?.text, e.detail?.kind, e.detail?.action, e.detail?.stay));

// --- htmx: token, failures ---
document.addEventListener("htmx:configRequest", (e) => {
  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  if (token) e.detail.headers["X-CSRFToken"] = token;
  const by = e.detail.triggeringEvent; // what a page asks of its own accord keeps nobody signed in
  if (!by || by.type === "live-refresh") e.detail.headers["X-Quiet"] = "1";
});
document.addEventListener("htmx:responseError", (e) => {
  const status = e.detail.xhr.status;
  const key = status >= 500 ? "e500" : { 401: "e401", 403: "e403", 404: "e404", 410: "e404", 413: "e413", 429: "e429" }[status];
  const reload = [403, 404, 410].includes(status) ? { label: say("reload"), run: () => location.reload() } : null;
  toast(say(key ?? "e500"), "error", reload);
});
// A form that keeps what was typed says it in its own bar (drafts.js).
const keepsItself = (e) => e.detail.elt instanceof HTMLFormElement && Boolean(e.detail.elt.dataset.draft);
document.addEventListener("htmx:sendError", (e) => { if (!keepsItself(e)) toast(say("offline"), "error"); });
document.addEventListener("htmx:timeout", (e) => { if (!keepsItself(e)) toast(say("timeout"), "error"); });
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
let asked = 0;
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
      const question = ++asked;
      const decided = () => {
        if (question === asked && dialog.open) return; // told late: it was the question before that closed
        dialog.removeEventListener("close", decided);
        if (question !== asked) return;
        // The page may have refreshed this place meanwhile: then its new form is the one to send.
        const same = (other) => other.action === form.action && other.dataset.confirm === form.dataset.confirm;
        const now = form.isConnected ? form : [...document.forms].find(same);
        if (dialog.returnValue !== "yes") { by?.focus(); return; }
        if (!now) { toast(say("e404"), "error"); return; }
        now.dataset.confirmed = "1";
        now.requestSubmit(by && now.contains(by) ? by : undefined);
        delete now.dataset.confirmed;
      };
      dialog.addEventListener("close", decided);
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
const sender = new WeakMap(); // a form that its answer replaced is off the page by then: the request still knows it
document.addEventListener("htmx:beforeRequest", (e) => {
  if (e.detail.elt.matches("form")) sender.set(e.detail.xhr, e.detail.elt);
});
document.addEventListener("htmx:afterRequest", (e) => {
  const form = sender.get(e.detail.xhr) ?? e.detail.elt; // a search inside a form is not its sending
  if (!form?.matches?.("form")) return;
  free(form);
  if (e.detail.successful && e.detail.xhr.status < 400) { // htmx counts a refusal that it shows as a success
    sentState("cloud-check", say("saved", { t: clock() }));
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
