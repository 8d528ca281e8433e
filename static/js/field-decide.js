// Decisions fold to what was chosen, so that the date under it is seen; closed parts of a form say what stands in them.
function fold() {
  for (const box of document.querySelectorAll("[data-choose]")) box.classList.toggle("is-chosen", Boolean(box.querySelector("input:checked")));
}
function sums() {
  for (const part of document.querySelectorAll("[data-sum]")) {
    const slot = part.querySelector("[data-sum-t]");
    slot.dataset.before ??= slot.textContent;
    const texts = [...part.querySelectorAll("input:checked")].map((input) => {
      const label = input.closest("label");
      return [label?.querySelector("b")?.textContent, label?.querySelector(".st")?.textContent].filter(Boolean).join(" · ");
    });
    const typed = "decide" in part.dataset ? "" : part.querySelector("textarea")?.value ?? ""; // measures decide nothing
    const text = texts.filter(Boolean).join("、") || typed;
    slot.textContent = text || slot.dataset.before;
  }
}
document.addEventListener("change", (e) => { if (e.target.name === "outcome") fold(); sums(); });
document.addEventListener("click", (e) => {
  if (!e.target.closest?.("[data-choose-again]")) return;
  const box = e.target.closest("fieldset").querySelector("[data-choose]");
  box.classList.remove("is-chosen");
  box.querySelector("input:checked")?.focus();
});
document.addEventListener("look:changed", () => { fold(); sums(); });
// Without a position somebody has to say where.
document.addEventListener("look:noposition", () => document.querySelector("[data-where]")?.setAttribute("open", ""));
fold();
sums();
