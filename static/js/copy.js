// A link or a secret: copied by a button, where the browser lets us; else it is selected for copying by hand.
document.addEventListener("click", async (e) => {
  const button = e.target.closest?.("[data-copy]");
  if (!button) return;
  const field = document.querySelector(button.dataset.copy);
  const out = button.closest(".stack")?.querySelector("[data-copy-out]");
  if (field.select) field.select();
  else getSelection().selectAllChildren(field);
  let copied = false;
  try {
    await navigator.clipboard.writeText(field.value ?? field.textContent.trim());
    copied = true;
  } catch {
    copied = document.execCommand?.("copy") ?? false; // plain http: no clipboard object
  }
  if (copied && out) out.textContent = button.dataset.copied;
});
