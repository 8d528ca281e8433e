// Position, only when asked for: fills hidden inputs, says how accurate it is, or why there is none.
const words = document.getElementById("look-words")?.dataset ?? {};
const say = (key, values = {}) => (words[`w${key[0].toUpperCase()}${key.slice(1)}`] ?? "").replace(/\{(\w+)\}/g, (_, k) => values[k] ?? "");

function ask(box) {
  const out = box.querySelector("[data-geo-out]");
  const put = (name, value) => { const el = box.querySelector(`[data-geo-${name}]`); if (el) el.value = value; };
  if (!("geolocation" in navigator)) { out.textContent = say("geofail"); return; }
  out.textContent = say("geowait");
  navigator.geolocation.getCurrentPosition((p) => {
    const metres = Math.round(p.coords.accuracy);
    put("lat", p.coords.latitude.toFixed(6));
    put("lng", p.coords.longitude.toFixed(6));
    put("accuracy", metres);
    out.textContent = say("geook", { n: metres });
    box.dispatchEvent(new CustomEvent("look:position", { bubbles: true,
      detail: { lat: p.coords.latitude, lng: p.coords.longitude, accuracy: metres } }));
  }, (error) => {
    put("lat", ""); put("lng", ""); put("accuracy", "");
    out.textContent = say(error.code === 1 ? "geodenied" : "geofail");
    box.dispatchEvent(new CustomEvent("look:noposition", { bubbles: true }));
  }, { enableHighAccuracy: true, timeout: 12000, maximumAge: 30000 });
}
document.addEventListener("click", (e) => {
  const button = e.target.closest?.("[data-geo-ask]");
  if (button) ask(button.closest("[data-geo]"));
});
document.querySelectorAll("[data-geo-auto]").forEach(ask);
