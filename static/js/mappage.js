// The map page: the list beside the map follows the view, and each marks the other.
const page = document.querySelector("[data-map-page]");
const map = page?.querySelector("[data-map]");
const rows = (id) => document.querySelectorAll(`[data-map-at="${CSS.escape(String(id))}"]`);
let box = "";

function choose(id, show) {
  document.querySelectorAll("[data-map-at].is-chosen").forEach((row) => row.classList.remove("is-chosen"));
  const found = rows(id);
  found.forEach((row) => row.classList.add("is-chosen"));
  // Under the map, on a phone, the whole page would scroll away from the bubble that was just opened.
  const beside = found[0] && getComputedStyle(found[0].closest(".map-side")).overflowY === "auto";
  if (show && beside) found[0].scrollIntoView({ block: "nearest" });
}
// A refresh that the reader's cursor or focus stands on would take the row away under it: it waits.
let wanted = false;
function refresh() {
  const side = document.getElementById("map-side");
  if (!side || !box) return;
  if (side.matches(":hover") || side.contains(document.activeElement)) { wanted = true; return; }
  wanted = false;
  const url = new URL(side.dataset.mapSide, location.href);
  url.searchParams.set("bbox", box);
  globalThis.htmx.ajax("GET", url.pathname + url.search, { source: side, target: side, swap: "outerHTML" });
}
if (map) {
  let leaflet;
  map.addEventListener("map:ready", (e) => { leaflet = e.detail.map; seen(); });
  map.addEventListener("map:shown", () => leaflet && seen());
  map.addEventListener("map:pick", (e) => choose(e.detail.properties.id, true));
  function seen() {
    const b = leaflet.getBounds();
    box = [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()].map((v) => v.toFixed(6)).join(",");
    if ("mapLiveView" in map.dataset) refresh();
  }
  const over = (e) => {
    const row = e.target.closest?.("[data-map-at]");
    if (!row) return;
    choose(row.dataset.mapAt, false);
    map.dispatchEvent(new CustomEvent("map:focus", { detail: { id: row.dataset.mapAt } }));
  };
  page.addEventListener("mouseover", over);
  page.addEventListener("focusin", over);
  page.querySelector(".map-side").addEventListener("mouseleave", () => { if (wanted) refresh(); });
}
