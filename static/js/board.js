// The board: acts in place with their undo, filters that keep the focus, list and case side by side, a kept place.
const words = document.getElementById("look-words")?.dataset ?? {};
const board = () => document.getElementById("board");
const dialog = document.getElementById("bulk-dialog");
const bulk = document.getElementById("bulk-form");
const toast = (text, kind, more = {}) => document.dispatchEvent(new CustomEvent("look:toast", { detail: { text, kind, ...more } }));
const typing = (el) => el.isContentEditable || ["TEXTAREA", "SELECT"].includes(el.tagName)
  || (el.tagName === "INPUT" && !["checkbox", "radio", "button", "submit"].includes(el.type));
const atHand = () => document.querySelector("#board [data-row].is-at");
const picked = () => [...document.querySelectorAll("#board [data-pick]:checked")];

// --- acts: sent in place; a question comes as a dialog, an answer as words ---
let busy = false;
let lent = null; // the row at hand, ticked for an act because nothing was chosen
async function send(form, by) {
  if (busy) return;
  busy = true;
  const only = by?.name === "only";
  try {
    const answer = await fetch(by?.getAttribute("formaction") || form.getAttribute("action"), {
      method: "POST", body: new FormData(form, by), headers: { "X-Board": "1" }, credentials: "same-origin",
    });
    if (answer.redirected) toast(words.wE401, "error");
    else if (answer.headers.get("content-type")?.startsWith("application/json")) done(await answer.json(), only);
    else if (answer.ok || answer.status === 422) ask(await answer.text());
    else toast({ 403: words.wE403, 404: words.wE404, 429: words.wE429 }[answer.status] ?? words.wE500, "error");
  } catch {
    toast(words.wOffline, "error");
  } finally {
    busy = false;
  }
}
function ask(html) {
  const back = document.activeElement;
  dialog.innerHTML = html;
  if (!dialog.open) {
    dialog.showModal();
    dialog.addEventListener("close", () => {
      if (lent) { tick(lent, false); lent = null; }
      if (back?.isConnected) back.focus({ preventScroll: true });
    }, { once: true });
  }
  (dialog.querySelector("[aria-invalid=true]") ?? dialog.querySelector("[data-error-summary]")
    ?? dialog.querySelector("textarea, input[type=radio]:checked, input[type=radio]"))?.focus();
}
function done(said, only) {
  if (dialog?.open) dialog.close();
  const undo = said.undo;
  const undoForm = document.getElementById("undo-form");
  if (undoForm) {
    undoForm.hidden = !undo;
    undoForm.querySelector("[data-undo-done]").textContent = undo?.done ?? "";
  }
  document.querySelectorAll(".toasts [data-stay]").forEach((old) => old.remove()); // one thing can be undone, the last
  for (const { kind, text } of said.said) {
    const offer = undo && text === undo.done;
    toast(text, kind, offer ? { stay: true, action: { label: `${words.wUndo} (Z)`, run: () => undoForm.requestSubmit() } } : {});
  }
  if (!only && said.rows.length) document.querySelector("[data-unpick]")?.click();
  for (const pk of said.rows) document.getElementById(`case-${pk}`)?.dispatchEvent(new CustomEvent("live-refresh", { bubbles: true }));
  const shown = document.querySelector("[data-preview]");
  if (shown && said.rows.includes(Number(shown.dataset.preview))) shown.dispatchEvent(new CustomEvent("live-refresh"));
  document.querySelector("#rail-queues [data-live-kinds]")?.dispatchEvent(new CustomEvent("live-refresh"));
}
document.addEventListener("submit", (e) => {
  const form = e.target;
  if (!form.matches("form[data-board-form]") || e.defaultPrevented) return;
  if (e.submitter?.hasAttribute("data-plain")) { // a file comes, the page stays
    setTimeout(() => { delete form.dataset.sending; form.removeAttribute("aria-busy"); }, 1500);
    form.querySelectorAll("details.menu[open]").forEach((menu) => { menu.open = false; });
    return;
  }
  e.preventDefault();
  send(form, e.submitter);
});
dialog?.addEventListener("change", (e) => {
  const look = e.target.name === "into" && dialog.querySelector("[data-look]");
  if (look) look.form.requestSubmit(look); // another one shall go on: what becomes of each is tried anew
});
dialog?.addEventListener("click", (e) => { if (e.target.closest("a[data-close]")) e.preventDefault(); });

// --- keys of the acts: on what is chosen, else on the row at hand ---
function tick(row, on) {
  const box = row.querySelector("[data-pick]");
  if (!box || box.checked === on) return;
  box.checked = on;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}
function act(key) {
  const button = bulk?.querySelector(`[data-act="${CSS.escape(key)}"]`);
  if (!button) return false;
  if (!picked().length) {
    const row = atHand();
    if (!row) return false;
    lent = row;
    tick(row, true);
  }
  bulk.requestSubmit(button);
  return true;
}
document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || typing(e.target) || document.querySelector("dialog[open]")) return;
  const key = e.key.toLowerCase();
  const own = atHand()?.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (own && !picked().length) return; // the row has a button of its own for it
  if (act(key)) { e.preventDefault(); e.stopImmediatePropagation(); }
}, true);
document.addEventListener("board:act", (e) => act(e.detail));

let shown = ""; // the case that was last asked for beside the list
document.addEventListener("filters:taken", () => { shown = ""; });

// --- list and case ---
const slot = () => document.querySelector("[data-preview-slot]");
let wanted = 0;
const remember = (pk) => {
  const url = new URL(location.href);
  if (url.searchParams.get("at") === pk) return;
  url.searchParams.set("at", pk);
  history.replaceState(history.state, "", url);
};
function show(row) {
  const place = slot();
  const pk = row?.id.replace("case-", "");
  if (!place || !pk || place.getClientRects().length === 0) return;
  remember(pk);
  if (pk === (shown || place.querySelector("[data-preview]")?.dataset.preview)) {
    clearTimeout(wanted); // gone past another row and back
    place.classList.remove("is-behind");
    return;
  }
  clearTimeout(wanted);
  place.classList.add("is-behind"); // the case of another row: nothing in it is to be pressed
  wanted = setTimeout(() => {
    shown = pk;
    globalThis.htmx.ajax("GET", place.dataset.previewUrl.replace("/0/", `/${pk}/`), { source: place, target: place, swap: "innerHTML" })
      .then(() => { place.scrollTop = 0; })
      .finally(() => { if (shown === pk) place.classList.remove("is-behind"); });
  }, 120);
}
document.addEventListener("keys:at", (e) => { show(e.detail); keep(); });
document.addEventListener("click", (e) => {
  const link = e.target.closest?.("#board [data-open]");
  if (!link || e.detail === 0 || e.ctrlKey || e.metaKey || e.shiftKey || e.button || !slot()?.getClientRects().length) return;
  const row = link.closest("[data-row]");
  if (document.querySelector(`[data-preview="${row.id.replace("case-", "")}"]`)) return; // beside the list already: open it
  e.preventDefault();
  document.dispatchEvent(new CustomEvent("keys:go", { detail: row.id }));
}, true);

// --- the place: row, scroll and ticks survive a visit to a case, a reload, the way back ---
const KEPT = 30 * 60000;
const scroller = () => (board()?.classList.contains("is-split") && matchMedia("(min-width: 960px)").matches ? document.querySelector("[data-board-list]") : document.scrollingElement);
const placeKey = () => {
  const url = new URL(location.href);
  ["at", "split"].forEach((name) => url.searchParams.delete(name));
  return `place:${document.body.dataset.user}:${url.pathname}${url.search}`;
};
function keep() {
  if (!board()) return;
  try {
    sessionStorage.setItem(placeKey(), JSON.stringify({ when: Date.now(), at: atHand()?.id ?? "", y: scroller().scrollTop, picks: picked().map((box) => box.id) }));
    sessionStorage.setItem("board:last", location.pathname + location.search);
  } catch { /* storage is closed: the place is a kindness */ }
}
function back() {
  let kept = null;
  try { kept = JSON.parse(sessionStorage.getItem(placeKey())); } catch { return; }
  if (!kept || Date.now() - kept.when > KEPT) return;
  for (const id of kept.picks) {
    const row = document.getElementById(id)?.closest("[data-row]");
    if (row) tick(row, true);
  }
  scroller().scrollTop = kept.y;
  if (kept.at && document.getElementById(kept.at)) document.dispatchEvent(new CustomEvent("keys:go", { detail: kept.at }));
}
addEventListener("pagehide", keep);
document.addEventListener("scroll", () => { clearTimeout(keep.timer); keep.timer = setTimeout(keep, 200); }, true);
if ("scrollRestoration" in history) history.scrollRestoration = "manual";
addEventListener("pageshow", (e) => { if (!e.persisted) back(); });
