// The case page: photos one after the other, words to begin with, what was unfolded stays so, print.

// --- the light box: arrows go on, Escape closes, the focus returns ---
const box = document.getElementById("lightbox");
let shown = -1;
let from = null;
const photos = () => [...document.querySelectorAll("[data-gallery] [data-photo]")];
function show(at) {
  const all = photos();
  if (!all.length) return;
  shown = (at + all.length) % all.length;
  const link = all[shown];
  const img = box.querySelector("[data-shown]");
  img.src = link.href;
  img.alt = link.dataset.caption;
  box.querySelector("[data-caption]").textContent = link.closest("figure").querySelector("figcaption")?.textContent ?? "";
  box.querySelector("[data-place]").textContent = `${shown + 1} / ${all.length}`;
}
document.addEventListener("click", (e) => {
  const link = e.target.closest?.("[data-photo]");
  if (link && box?.showModal && !e.ctrlKey && !e.metaKey && !e.shiftKey) {
    e.preventDefault();
    from = link;
    show(photos().indexOf(link));
    box.showModal();
    return;
  }
  const step = e.target.closest?.("#lightbox [data-go]");
  if (step) show(shown + Number(step.dataset.go));
});
box?.addEventListener("keydown", (e) => {
  if (e.key === "ArrowLeft" || e.key === "ArrowRight") { e.preventDefault(); show(shown + (e.key === "ArrowRight" ? 1 : -1)); }
});
box?.addEventListener("close", () => { box.querySelector("[data-shown]").removeAttribute("src"); if (from?.isConnected) from.focus(); });

// --- words to begin with: put where the cursor is ---
document.addEventListener("click", (e) => {
  const button = e.target.closest?.("[data-phrase]");
  const field = button && document.getElementById(button.dataset.phrase);
  if (!field) return;
  const at = field.selectionEnd ?? field.value.length;
  const before = field.value.slice(0, at);
  field.setRangeText((before && !/\s$/.test(before) ? "\n" : "") + button.textContent, at, at, "end");
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
document.addEventListener("click", (e) => {
  const away = e.target.closest?.(".act-slot [data-put-away]");
  if (away) { e.preventDefault(); away.closest(".act-slot").replaceChildren(); document.dispatchEvent(new Event("look:changed")); }
  if (e.target.closest?.("[data-print]")) { document.querySelectorAll("details.menu[open]").forEach((m) => { m.open = false; }); print(); }
});

// --- the page refreshes in place: what was unfolded stays, and who types is told ---
const opened = new Set();
const mine = (e) => e.detail.elt?.id === "case-live" || e.detail.requestConfig?.elt?.id === "case-live";
document.addEventListener("htmx:beforeSwap", (e) => {
  if (!mine(e)) return;
  opened.clear();
  for (const fold of document.querySelectorAll("#case-cols details[open][id]")) opened.add(fold.id);
});
document.addEventListener("htmx:afterRequest", (e) => {
  if (!mine(e) || !e.detail.successful) return;
  for (const id of opened) { const fold = document.getElementById(id); if (fold) fold.open = true; }
  const live = document.getElementById("case-live");
  if (live && document.querySelector(".act-slot form")) {
    const time = new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    document.dispatchEvent(new CustomEvent("look:toast", { detail: { text: live.dataset.refreshed.replace("{t}", time) } }));
  }
});

// On paper nothing is folded.
addEventListener("beforeprint", () => { for (const fold of document.querySelectorAll(".story details")) fold.open = true; });
