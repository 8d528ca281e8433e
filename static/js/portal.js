// The private link: copied by a button, where the browser lets us; else it is selected for copying by hand. Printing.
document.addEventListener("click", async (e) => {
  const button = e.target.closest?.("[data-copy]");
  if (!button) return;
  const field = document.querySelector(button.dataset.copy);
  const out = button.closest(".stack")?.querySelector("[data-copy-out]");
  field.focus();
  field.select();
  let copied = false;
  try {
    await navigator.clipboard.writeText(field.value);
    copied = true;
  } catch {
    copied = document.execCommand?.("copy") ?? false; // plain http: no clipboard object
  }
  if (copied && out) out.textContent = button.dataset.copied;
});
document.addEventListener("click", (e) => {
  if (e.target.closest?.("[data-print]")) print();
});
