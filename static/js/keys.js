// Keys of the console: J K X Enter on lists, letters by [data-key], ? shows what the page offers. Bulk choice.
const words = document.getElementById("look-words")?.dataset ?? {};
const say = (key, values = {}) => (words[`w${key[0].toUpperCase()}${key.slice(1)}`] ?? "").replace(/\{(\w+)\}/g, (_, k) => values[k] ?? "");
const seen = (el) => el.getClientRects().length > 0 && !el.disabled;
const rows = () => [...document.querySelectorAll("[data-list] [data-row]")].filter(seen);
const typing = (el) => el.isContentEditable || el.tagName === "TEXTAREA" || el.tagName === "SELECT"
  || (el.tagName === "INPUT" && !["checkbox", "radio", "button", "submit", "file"].includes(el.type));
let at = null; // id of the present row: it survives a swap of the row

function present() {
  const list = rows();
  return list.find((r) => r.id && r.id === at) ?? list.find((r) => r.classList.contains("is-at")) ?? null;
}
function go(row, focus = true) {
  document.querySelectorAll("[data-row].is-at").forEach((r) => r.classList.remove("is-at"));
  if (!row) return;
  row.classList.add("is-at");
  at = row.id || null;
  document.dispatchEvent(new CustomEvent("keys:at", { detail: row }));
  if (focus) {
    (row.querySelector("[data-open]") ?? row).focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }
}
function step(by) {
  const list = rows();
  if (!list.length) return;
  const i = list.indexOf(present());
  go(list[i < 0 ? 0 : Math.min(Math.max(i + by, 0), list.length - 1)]);
}
function press(el) {
  if (el.matches("input:not([type=checkbox], [type=radio], [type=submit], [type=button]), textarea, select")) {
    el.focus();
    el.select?.();
  } else {
    el.focus({ preventScroll: false });
    if (!el.matches("section, fieldset, h2, h3")) el.click();
  }
}
document.addEventListener("keydown", (e) => {
  if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
  const dialog = document.querySelector("dialog[open]");
  if (e.key === "Escape" && !dialog) {
    if (typing(e.target)) e.target.blur();
    else clear();
    return;
  }
  if (typing(e.target)) return;
  const key = e.key.toLowerCase();
  if (!dialog && key === "?") { e.preventDefault(); help(); return; }
  if (!dialog && rows().length) {
    if (key === "j" || key === "k") { e.preventDefault(); step(key === "j" ? 1 : -1); return; }
    if (key === "x" && present()) {
      e.preventDefault();
      const box = present().querySelector("[data-pick]");
      if (box) { box.checked = !box.checked; box.dispatchEvent(new Event("change", { bubbles: true })); }
      return;
    }
    const tick = e.target.matches("[data-pick], [data-pick-all]"); // else Enter would press the first button of the form
    if (key === "enter" && (tick || (present() && (e.target === document.body || e.target === present())))) {
      e.preventDefault();
      if (!e.target.matches("[data-pick-all]")) present()?.querySelector("[data-open]")?.click();
      return;
    }
  }
  const scopes = dialog ? [dialog] : [present(), document].filter(Boolean);
  for (const scope of scopes) {
    const hit = [...scope.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)]
      .find((el) => seen(el) && (scope !== document || !el.closest("[data-row]")));
    if (hit) { e.preventDefault(); press(hit); return; }
  }
});
document.addEventListener("focusin", (e) => {
  const row = e.target.closest?.("[data-list] [data-row]");
  if (row && !row.classList.contains("is-at")) go(row, false);
});

// --- the list of keys ---
function help() {
  const dialog = document.getElementById("keys");
  const list = dialog?.querySelector("[data-keys-list]");
  if (!list) return;
  list.replaceChildren();
  const told = new Set();
  const add = (keys, text) => {
    const li = document.createElement("li");
    for (const k of keys) { const cap = document.createElement("kbd"); cap.textContent = k; li.append(cap); }
    li.append(document.createTextNode(` ${text}`));
    list.append(li);
  };
  if (rows().length) {
    add(["J"], say("keynext"));
    add(["K"], say("keyprev"));
    add(["Enter"], say("keyopen"));
    if (document.querySelector("[data-pick]")) add(["X"], say("keypick"));
    for (const el of document.querySelectorAll("[data-act]")) {
      const copy = el.cloneNode(true);
      copy.querySelectorAll("kbd, svg").forEach((n) => n.remove());
      add([el.dataset.act.toUpperCase()], copy.textContent.trim());
      told.add(el.dataset.act);
    }
  }
  if (document.querySelector("[data-palette]")) add(["Ctrl", "K"], say("keypalette"));
  for (const el of document.querySelectorAll("[data-key]")) {
    if (told.has(el.dataset.key) || !seen(el)) continue;
    told.add(el.dataset.key);
    const copy = el.cloneNode(true);
    copy.querySelectorAll("kbd, svg").forEach((n) => n.remove());
    add([el.dataset.key.toUpperCase()], el.dataset.keyLabel || copy.textContent.trim() || el.getAttribute("aria-label") || "");
  }
  add(["?"], say("keyhelp"));
  if (!dialog.open) dialog.showModal();
}
document.addEventListener("click", (e) => {
  if (e.target.closest('[data-dialog="#keys"]')) { e.preventDefault(); e.stopPropagation(); help(); }
}, true);

// --- choosing several ---
function count() {
  const boxes = [...document.querySelectorAll("[data-pick]")];
  const on = boxes.filter((b) => b.checked);
  boxes.forEach((b) => b.closest("[data-row]")?.classList.toggle("is-picked", b.checked));
  document.querySelectorAll(".bulk").forEach((bar) => bar.classList.toggle("is-on", on.length > 0));
  document.querySelectorAll("[data-picked]").forEach((el) => { el.textContent = say("picked", { n: on.length }); });
  const all = document.querySelector("[data-pick-all]");
  if (all) { all.checked = on.length > 0 && on.length === boxes.length; all.indeterminate = on.length > 0 && on.length < boxes.length; }
}
function clear() {
  document.querySelectorAll("[data-pick]:checked").forEach((b) => { b.checked = false; });
  count();
}
document.addEventListener("change", (e) => {
  if (e.target.matches("[data-pick-all]")) document.querySelectorAll("[data-pick]").forEach((b) => { b.checked = e.target.checked; });
  if (e.target.matches("[data-pick], [data-pick-all]")) count();
});
document.addEventListener("click", (e) => { if (e.target.closest("[data-unpick]")) clear(); });
// A list that is asked for anew (something moved) keeps what was chosen in it.
document.addEventListener("htmx:beforeSwap", (e) => {
  const list = e.detail.target?.querySelector?.("[data-pick]") && e.detail.target;
  if (!list) return;
  const ids = [...list.querySelectorAll("[data-pick]:checked")].map((box) => box.id).filter(Boolean);
  document.addEventListener("htmx:afterSettle", () => {
    for (const id of ids) { const box = document.getElementById(id); if (box) box.checked = true; }
    count();
  }, { once: true });
});
document.addEventListener("look:changed", () => { count(); if (at) go(document.getElementById(at), false); });
document.addEventListener("keys:go", (e) => go(document.getElementById(e.detail)));
addEventListener("pageshow", count);
