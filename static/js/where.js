// Step 2: a position found, or a pin set on the map, asks for the registered parties around it.
const name = document.getElementById("id_party_name");
const place = document.querySelector("[data-where]");
let found = null; // what the phone said, with its accuracy
const around = () => name?.dispatchEvent(new CustomEvent("where-moved", { bubbles: true }));
document.addEventListener("look:position", (e) => { found = e.detail; around(); }, true); // before the map moves its pin
document.addEventListener("map:pin", (e) => {
  const same = found && Math.abs(found.lat - e.detail.lat) < 1e-5 && Math.abs(found.lng - e.detail.lng) < 1e-5;
  const accuracy = place?.querySelector("[data-geo-accuracy]");
  if (!same && accuracy) accuracy.value = ""; // set by hand: the phone's accuracy says nothing of it
  const out = place?.querySelector("[data-geo-out]");
  if (!same && out) out.textContent = place.dataset.pinned;
  around();
});
