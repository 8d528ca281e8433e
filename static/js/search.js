// The search box: arrows walk through what was found while typing, Escape puts it away.
const box = document.querySelector("form.search input[name=q]");
const live = document.getElementById("search-live");

if (box && live) {
  const links = () => [...live.querySelectorAll("[data-find]")];
  const clear = () => live.replaceChildren();
  box.form.addEventListener("keydown", (e) => {
    if (e.isComposing) return;
    if (e.key === "Escape" && live.hasChildNodes()) {
      e.preventDefault();
      e.stopPropagation();
      clear();
      box.focus();
      return;
    }
    if (e.key !== "ArrowDown" && e.key !== "ArrowUp") return;
    const all = links();
    if (!all.length) return;
    e.preventDefault();
    const at = all.indexOf(document.activeElement) + (e.key === "ArrowDown" ? 1 : -1);
    (all[at] ?? box).focus();
  });
  box.addEventListener("input", () => { if (box.value.trim().length < 2) clear(); });
  // An answer that comes after the box was emptied or sent is not shown.
  live.addEventListener("htmx:beforeSwap", (e) => { if (box.value.trim().length < 2) e.detail.shouldSwap = false; });
  // Words of the Chinese keyboard count only when they are chosen.
  box.addEventListener("htmx:configRequest", (e) => { if (box.dataset.composing) e.preventDefault(); });
  box.addEventListener("compositionstart", () => { box.dataset.composing = "1"; });
  box.addEventListener("compositionend", () => {
    delete box.dataset.composing;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  });
  addEventListener("pageshow", clear);
}
