// What this phone remembers and works out by itself: which map it opens, how far each card is. Positions never leave it.
const words = document.getElementById("field-words")?.dataset ?? {};
const say = (key, values = {}) => (words[`w${key[0].toUpperCase()}${key.slice(1)}`] ?? "").replace(/\{(\w+)\}/g, (_, k) => values[k] ?? "");
const get = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
const set = (key, value) => { try { value === null ? localStorage.removeItem(key) : localStorage.setItem(key, value); } catch { /* closed */ } };

// --- an app of the phone: the page that stands in without a signal ---
if ("serviceWorker" in navigator && isSecureContext) navigator.serviceWorker.register("/field/sw.js", { scope: "/field/" }).catch(() => {});

// --- the map of one's choice: asked once ---
const WAY = "field-way";
document.addEventListener("click", (e) => {
  const link = e.target.closest?.("a[data-way-key]");
  if (link) { set(WAY, link.dataset.wayKey); link.closest("details.menu")?.removeAttribute("open"); shown(); return; }
  const head = e.target.closest?.("details[data-way] > summary");
  const known = head && get(WAY) && head.parentElement.querySelector(`a[data-way-key="${CSS.escape(get(WAY))}"]`);
  if (!known) return;
  e.preventDefault();
  known.click();
});
function shown() {
  const box = document.querySelector("[data-way-chosen]");
  if (!box) return;
  const key = get(WAY);
  box.querySelectorAll("[data-way-name]").forEach((el) => { el.hidden = el.dataset.wayName !== (key ?? ""); });
  box.querySelector("[data-way-forget]").hidden = !key;
}
document.querySelector("[data-way-forget]")?.addEventListener("click", () => { set(WAY, null); shown(); });
shown();

// --- distance and order of the cards ---
const ORDER = "field-order";
const WALK = 75; // metres a minute
let here = null;
const rad = (degrees) => (degrees * Math.PI) / 180;
function metres(a, b, c, d) {
  const h = Math.sin(rad(c - a) / 2) ** 2 + Math.cos(rad(a)) * Math.cos(rad(c)) * Math.sin(rad(d - b) / 2) ** 2;
  return 2 * 6371008 * Math.asin(Math.sqrt(h));
}
const nearest = () => get(ORDER) === "near";
function away(card) {
  const { lat, lng, radius } = card.dataset;
  if (!here || !lat) return Infinity;
  return Math.max(0, metres(here.lat, here.lng, Number(lat), Number(lng)) - Number(radius || 0));
}
function arrange() {
  const box = document.querySelector("[data-cards]");
  if (!box) return;
  document.querySelectorAll("[data-order]").forEach((b) => b.setAttribute("aria-pressed", String((b.dataset.order === "near") === nearest())));
  const cards = [...box.querySelectorAll(":scope > [data-card]")];
  cards.forEach((card, i) => { card.dataset.card ||= i + 1; }); // as they came: by urgency
  for (const card of cards) {
    const slot = card.querySelector("[data-away]");
    const m = away(card);
    if (!slot) continue;
    slot.hidden = m === Infinity;
    if (m === Infinity) continue;
    const far = m < 1000 ? say("metre", { n: Math.round(m / 10) * 10 }) : say("km", { n: (m / 1000).toFixed(1) });
    slot.textContent = m < 2500 ? `${far} · ${say("walk", { n: Math.max(1, Math.round((m * 1.3) / WALK)) })}` : far;
  }
  // An urgent call stays on top: nearness orders the rest.
  const rank = (card) => (nearest() && here ? (card.dataset.urgent ? -1 : away(card)) : Number(card.dataset.card));
  const order = [...cards].sort((a, b) => rank(a) - rank(b) || Number(a.dataset.card) - Number(b.dataset.card));
  if (order.some((card, i) => card !== cards[i])) order.forEach((card) => box.append(card));
}
function find(loud) {
  const out = document.querySelector("[data-order-state]");
  const tell = (text) => { if (out) out.textContent = loud || !text ? text : out.textContent; };
  if (!("geolocation" in navigator)) { tell(say("nowhere")); return; }
  tell(say("looking"));
  navigator.geolocation.getCurrentPosition((p) => {
    here = { lat: p.coords.latitude, lng: p.coords.longitude };
    tell("");
    arrange();
  }, () => { tell(say("nowhere")); arrange(); }, { enableHighAccuracy: false, timeout: 10000, maximumAge: 60000 });
}
document.addEventListener("click", (e) => {
  const button = e.target.closest?.("[data-order]");
  if (!button) return;
  set(ORDER, button.dataset.order === "near" ? "near" : null);
  if (nearest() && !here) find(true);
  arrange();
});
if (document.querySelector("[data-cards]")) {
  arrange();
  // Asked for only by the button; where the phone has said yes before, distances are there at once.
  navigator.permissions?.query({ name: "geolocation" }).then((answer) => { if (answer.state === "granted") find(false); }, () => {});
}
document.addEventListener("look:changed", arrange);
