// Field: items save themselves, the verdict of a value goes before an older choice, the distance to the place is said.
const waiting = new Map();
const send = (form, wait) => {
  clearTimeout(waiting.get(form));
  waiting.set(form, setTimeout(() => {
    if (form.dataset.sending) { send(form, 300); return; } // one at a time; this one goes after it
    waiting.delete(form);
    if (form.isConnected) form.requestSubmit();
  }, wait));
};
// A note or a photo alone waits for the verdict: without one nothing can be saved.
const ready = (form) => form.querySelector("input[name=result]:checked") || form.querySelector("input[name=value]")?.value;
document.addEventListener("change", (e) => {
  const form = e.target.closest?.("form[data-item]");
  if (!form || e.target.type === "file") return;
  if (e.target.name === "value") form.querySelectorAll("input[name=result]:checked").forEach((r) => { if (r.value !== "na") r.checked = false; });
  if (ready(form)) send(form, 250);
});
document.addEventListener("look:photos", (e) => {
  const form = e.target.closest?.("form[data-item]");
  if (form && e.detail.count && ready(form)) send(form, 100);
});
document.addEventListener("item-saved", (e) => {
  const form = document.querySelector(`form[data-item="${e.detail.item}"]`);
  if (!form || waiting.has(form)) return;
  form.closest(".item")?.classList.remove("is-refused");
  const radio = form.querySelector(`input[name=result][value="${e.detail.result}"]`);
  if (radio) radio.checked = true;
});
// The next item is brought to the middle, not under the head.
document.addEventListener("click", (e) => {
  const link = e.target.closest?.("a[data-next]");
  const item = link && document.querySelector(link.getAttribute("href"));
  if (!item) return;
  e.preventDefault();
  item.scrollIntoView({ block: "center" });
  item.querySelector("input:not([type=hidden]), button")?.focus({ preventScroll: true });
});

const rad = (degrees) => (degrees * Math.PI) / 180;
function metres(a, b, c, d) {
  const h = Math.sin(rad(c - a) / 2) ** 2 + Math.cos(rad(a)) * Math.cos(rad(c)) * Math.sin(rad(d - b) / 2) ** 2;
  return 2 * 6371008 * Math.asin(Math.sqrt(h));
}
document.addEventListener("look:position", (e) => {
  const box = e.target.closest?.("[data-place-lat]");
  const out = box?.querySelector("[data-place-out]");
  if (!out) return;
  const { placeLat, placeLng, placeRadius, placeFar, wNear, wFar } = box.dataset;
  const away = Math.max(0, Math.round(metres(e.detail.lat, e.detail.lng, Number(placeLat), Number(placeLng)) - Number(placeRadius)));
  const far = away > Number(placeFar);
  out.textContent = (far ? wFar : wNear).replace("{n}", away);
  const why = document.querySelector("[data-far-reason]");
  if (why && far) why.open = true;
});
