/* The two ways to write into a map: a pin, and a polygon drawn corner by corner. Fetched by map.js where a form asks for it.
   Everything works by hand and by keys: arrows move (with Shift in larger steps), Delete takes a corner away. */
const put = (input, value) => {
  if (!input || input.value === value) return;
  input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
};
function movable({ map, L }, marker, moved, remove) {
  marker.on("drag", () => moved(false));
  marker.on("dragend", () => moved(true));
  marker.on("add", () => marker.getElement().addEventListener("keydown", (e) => {
    const step = e.shiftKey ? 40 : 8;
    const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[e.key];
    if (remove && (e.key === "Delete" || e.key === "Backspace")) { e.preventDefault(); e.stopPropagation(); remove(); return; }
    if (!by) return;
    e.preventDefault();
    e.stopPropagation();
    marker.setLatLng(map.containerPointToLatLng(map.latLngToContainerPoint(marker.getLatLng()).add(L.point(by))));
    if (!map.getBounds().pad(-0.05).contains(marker.getLatLng())) map.panTo(marker.getLatLng());
    moved(true);
  }));
  return marker;
}
const six = (value) => Number(value.toFixed(6));

export function pin(kit) {
  const { el, map, L, fire, tell, say, make, glyph, fields, given } = kit;
  const lat = fields(el, el.dataset.mapLatInput);
  const lng = fields(el, el.dataset.mapLngInput);
  const number = (input) => (input && input.value.trim() !== "" && Number.isFinite(Number(input.value)) ? Number(input.value) : null);
  let marker = null;
  let own = false;
  function told() {
    const at = marker.getLatLng().wrap();
    own = true;
    put(lat, String(six(at.lat)));
    put(lng, String(six(at.lng)));
    own = false;
    tell(say("mappinat", { lat: at.lat.toFixed(5), lng: at.lng.toFixed(5) }));
    fire("pin", { lat: six(at.lat), lng: six(at.lng) });
  }
  function place(at, write = true) {
    if (marker) marker.setLatLng(at);
    else {
      const face = make("span", "map-pin");
      face.append(glyph(el.dataset.mapSprite, "map-pin", "ti"));
      marker = movable(kit, L.marker(at, { draggable: true, autoPan: true, zIndexOffset: 1000, icon: L.divIcon({ className: "map-mark", html: face, iconSize: null }) }), (end) => end && told());
      marker.addTo(map).getElement().setAttribute("aria-label", say("mappin"));
    }
    if (write) told();
  }
  const typed = () => { const a = number(lat); const b = number(lng); return a !== null && b !== null && Math.abs(a) <= 90 && Math.abs(b) <= 180 ? L.latLng(a, b) : null; };
  const first = typed() ?? (el.dataset.mapPin === "start" ? given : null);
  if (first) { place(first, false); map.setView(first, Math.max(map.getZoom(), 15)); }
  map.on("click", (e) => place(e.latlng));
  for (const input of [lat, lng]) input?.addEventListener("change", () => { const at = typed(); if (!own && at) { place(at, false); map.panTo(at); } });
  const set = (e) => { const at = L.latLng(e.detail.lat, e.detail.lng); place(at); map.setView(at, Math.max(map.getZoom(), 16)); };
  el.addEventListener("map:set", set);
  (el.closest("form") ?? document).addEventListener("look:position", set); // parts/geo.html
  el.querySelector("[data-map-middle]")?.addEventListener("click", () => { place(map.getCenter()); marker.getElement().focus(); });
}

export function polygon(kit) {
  const { el, map, L, fire, tell, say, make, fields, own } = kit;
  const input = fields(el, el.dataset.mapDraw);
  let corners = [];
  let drawing = false;
  const face = L.polygon([], { className: "map-drawn", interactive: false }).addTo(map);
  const at = () => corners.map((c) => c.getLatLng());
  function paint(write = true) {
    face.setLatLngs(at());
    corners.forEach((c, i) => c.getElement()?.setAttribute("aria-label", say("mapcorner", { n: i + 1 })));
    if (!write) return;
    const ring = at().map((p) => [six(p.lng), six(p.lat)]);
    const geometry = ring.length > 2 ? { type: "Polygon", coordinates: [[...ring, ring[0]]] } : null;
    put(input, geometry ? JSON.stringify(geometry) : "");
    tell(say(drawing ? "mapdrawing" : "mapcorners", { n: ring.length }));
    fire("drawn", { geometry });
  }
  function corner(point, index = corners.length, write = true) {
    const marker = L.marker(point, { draggable: true, autoPan: true, icon: L.divIcon({ className: "map-mark", html: make("span", "map-corner"), iconSize: null }) });
    movable(kit, marker, (end) => paint(end), () => { const i = corners.indexOf(marker); drop(marker); (corners[i] ?? corners[i - 1])?.getElement().focus(); });
    marker.on("dblclick contextmenu", () => drop(marker));
    corners.splice(index, 0, marker);
    marker.addTo(map);
    paint(write);
  }
  function drop(marker) { corners = corners.filter((c) => c !== marker); marker.remove(); paint(); }
  function edge(point) { // after which corner a new one belongs: the nearest edge's
    const p = map.latLngToLayerPoint(point);
    const pts = at().map((one) => map.latLngToLayerPoint(one));
    let best = [Infinity, corners.length];
    pts.forEach((one, i) => { const far = L.LineUtil.pointToSegmentDistance(p, one, pts[(i + 1) % pts.length]); if (far < best[0]) best = [far, i + 1]; });
    return best[1];
  }
  function mode(on) {
    drawing = on;
    el.classList.toggle("is-drawing", on);
    el.querySelector("[data-map-start]")?.setAttribute("aria-pressed", String(on));
    tell(say(on ? "mapdrawing" : "mapcorners", { n: corners.length }));
  }
  const add = (point) => corner(point, corners.length > 2 ? edge(point) : corners.length);
  const act = (name, run) => el.querySelector(`[data-map-${name}]`)?.addEventListener("click", run);
  act("start", () => mode(!drawing));
  act("corner", () => { add(map.getCenter()); if (!drawing) mode(true); });
  act("undo", () => corners.length && drop(corners.at(-1)));
  act("clear", () => { corners.forEach((c) => c.remove()); corners = []; paint(); mode(true); });
  map.on("click", (e) => { if (drawing) add(e.latlng); });
  const ring = own?.type === "Polygon" && own.coordinates.length === 1 ? own.coordinates[0].slice(0, -1) : null;
  if (ring) ring.forEach(([lng, lat]) => corner(L.latLng(lat, lng), corners.length, false));
  else if (own) { L.geoJSON(own, { style: { className: "map-drawn" }, interactive: false }).addTo(map); tell(say("mapcomplex")); }
  else mode(true);
}
