// Report-in and patrol: how far from the place, how good the position is, how many of those ticked count.
const words = document.getElementById("field-words")?.dataset ?? {};
const say = (key, values = {}) => (words[`w${key[0].toUpperCase()}${key.slice(1)}`] ?? "").replace(/\{(\w+)\}/g, (_, k) => values[k] ?? "");
const POOR = 100; // metres
const NEEDED = 2;
const rad = (degrees) => (degrees * Math.PI) / 180;
function metres(a, b, c, d) {
  const h = Math.sin(rad(c - a) / 2) ** 2 + Math.cos(rad(a)) * Math.cos(rad(c)) * Math.sin(rad(d - b) / 2) ** 2;
  return 2 * 6371008 * Math.asin(Math.sqrt(h));
}
function light(state, text) {
  const sprite = document.querySelector("svg use")?.getAttribute("href")?.split("#")[0] ?? "";
  const box = document.createElement("span");
  box.className = `light light-${state} filled`;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "mark");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#l-${state}`);
  svg.append(use);
  box.append(svg, Object.assign(document.createElement("span"), { textContent: text }));
  return box;
}
function placed(box, at) {
  const poor = at.accuracy > POOR;
  const show = (state, word) => box.querySelector("[data-place-light]")?.replaceChildren(light(state, say(word)));
  show(poor ? "soon" : "ok", poor ? "poorgps" : "goodgps");
  const out = box.querySelector("[data-place-out]");
  if (!out || !box.dataset.placeLat) return;
  const { placeLat, placeLng, placeRadius, placeFar, wNear, wFar } = box.dataset;
  const away = Math.max(0, Math.round(metres(at.lat, at.lng, Number(placeLat), Number(placeLng)) - Number(placeRadius)));
  const far = away > Number(placeFar);
  out.textContent = (far ? wFar : wNear).replace("{n}", away);
  if (far && !poor) show("soon", "fargps"); // no green light beside "1200 m from the place"
  const why = document.querySelector("[data-far-reason]");
  if (why && far) why.open = true;
}
document.addEventListener("look:position", (e) => {
  const box = e.target.closest?.("[data-geo]");
  if (box) placed(box, e.detail);
});
// A phone that knew its place at once was quicker than this file; a form that comes back with an error knows it too.
function known() {
  for (const box of document.querySelectorAll("[data-geo]")) {
    const read = (name) => box.querySelector(`[data-geo-${name}]`)?.value;
    if (read("accuracy") && !box.querySelector("[data-place-light]")?.children.length) placed(box, { lat: Number(read("lat")), lng: Number(read("lng")), accuracy: Number(read("accuracy")) });
  }
}
known();
document.addEventListener("look:changed", known);
function count() {
  const out = document.querySelector("[data-counting]");
  if (!out) return;
  const n = Number(out.dataset.counting) + document.querySelectorAll("[name=officers][data-counts]:checked").length;
  out.replaceChildren(light(n < NEEDED ? "soon" : "ok", say(n < NEEDED ? "toofew" : "valid", { n })));
}
document.addEventListener("change", (e) => { if (e.target.name === "officers") count(); });
document.addEventListener("look:changed", count);
count();
