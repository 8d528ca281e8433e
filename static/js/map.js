/* Maps, wherever a page has one (templates/parts/map.html): own ground, own points, no tile server needed. WGS-84.
   Leaflet is fetched only when a map comes into sight. What a page may do with a map, by events on its element:
     map:reload            ask data-map-url again          map:focus {id}       mark a feature (and bring it into view)
     map:set {lat, lng}    move the pin
   and what the map tells (all bubble):
     map:ready {map, L}    map:shown {features, zoom}      map:pick feature (cancel it to show no bubble)
     map:pin {lat, lng}    map:drawn {geometry}
   A feature's properties: kind (cluster, area, route with line 0-3, else a point), id, label, text, url, due, warn, paused, n, count, late,
   box [w,s,e,n], level 0-3. "live-refresh" (static/js/live.js) reloads it too. */
const words = () => document.querySelector("template.map-words")?.dataset ?? {};
const say = (key, values = {}) => (words()[`w${key[0].toUpperCase()}${key.slice(1)}`] ?? "").replace(/\{(\w+)\}/g, (_, k) => values[k] ?? "");
const GRID_ZOOM = 14;
const SNAP = 0.02;
const EDGE = 4; // pixels between a name and the frame
const ZOOM_WIDE = 60; // pixels that the zoom buttons take at the left
const NARROW = 480; // pixels: a phone, where nothing is given away at the edges
const MIN_NAME = 64; // pixels: narrower, a name would break within a word
const STEPS = [0, 1, -1, 2, -2, 3, -3, 4, -4];
let library;

function leaflet(src) {
  library ??= new Promise((done, fail) => {
    if (window.L?.map) { done(window.L); return; }
    const script = document.createElement("script");
    script.src = src;
    script.onload = () => done(window.L);
    script.onerror = () => { library = undefined; fail(new Error(src)); };
    document.head.append(script);
  });
  return library;
}
function make(tag, css, text) {
  const el = document.createElement(tag);
  if (css) el.className = css;
  if (text !== undefined) el.textContent = text;
  return el;
}
function glyph(sprite, name, css) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", css);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}
const english = document.documentElement.lang === "en";
const fields = (el, selector) => (selector ? el.closest("form")?.querySelector(selector) ?? document.querySelector(selector) : null);
function stored(el, selector) {
  const source = fields(el, selector);
  if (!source) return null;
  const text = (source.tagName === "TEMPLATE" ? source.content.textContent : source.value ?? source.textContent).trim();
  try { return text ? JSON.parse(text) : null; } catch { return null; }
}

async function start(el) {
  el.dataset.mapState = "loading";
  const d = el.dataset;
  const told = el.querySelector("[data-map-say]");
  const tell = (text) => { if (told && told.textContent !== text) told.textContent = text; };
  let L;
  try { L = await leaflet(d.mapLib); } catch { el.dataset.mapState = "failed"; tell(say("mapfail")); return; }
  const canvas = el.querySelector("[data-map-canvas]") ?? el.appendChild(make("div", "map-canvas"));
  const map = L.map(canvas, { zoomControl: false, attributionControl: false, scrollWheelZoom: "mapWheel" in d,
    minZoom: 9, maxZoom: 19, zoomSnap: canvas.offsetWidth < NARROW ? 0.25 : 0.5, keyboardPanDelta: 60 });
  L.control.zoom({ zoomInTitle: say("mapin"), zoomOutTitle: say("mapout") }).addTo(map);
  map.createPane("ground").style.zIndex = 250;
  map.createPane("names").style.zIndex = 450; // over areas, under marks
  map.getPane("names").classList.add("map-names");
  if (!("mapWheel" in d)) {
    map.on("focus", () => map.scrollWheelZoom.enable());
    map.on("blur", () => map.scrollWheelZoom.disable());
  }
  const fire = (name, detail, cancelable = false) => el.dispatchEvent(new CustomEvent(`map:${name}`, { detail, bubbles: true, cancelable }));
  await tiles(el, map, L);

  // --- ground: streets once, grids for the view ---
  const grids = L.layerGroup().addTo(map);
  const names = L.layerGroup().addTo(map);
  function area(feature, css, group) {
    L.geoJSON(feature, { pane: "ground", interactive: false, style: { className: css } }).addTo(group);
  }
  const homes = new WeakMap(); // name -> the bounds of what it names
  function label(feature, css, group) {
    const p = feature.properties;
    const name = make("span", "", english ? p.name_en : p.name);
    homes.set(name, L.geoJSON(feature).getBounds());
    const icon = L.divIcon({ className: `map-name ${css}`, html: name, iconSize: null });
    L.marker([p.at[1], p.at[0]], { pane: "names", icon, interactive: false, keyboard: false }).addTo(group);
  }
  async function ask(url) {
    const answer = await fetch(url, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }
  let around = null;
  try {
    const ground = await ask(d.mapGround);
    around = ground.bbox && L.latLngBounds([ground.bbox[1], ground.bbox[0]], [ground.bbox[3], ground.bbox[2]]);
    for (const f of ground.features) { area(f, "map-street", map); label(f, "map-name-street", names); }
    map.whenReady(() => requestAnimationFrame(tidy));
  } catch { /* a map without ground still has its points */ }
  let gridKey = "";
  async function ground() {
    if (map.getZoom() < GRID_ZOOM) { gridKey = ""; grids.clearLayers(); return; }
    const b = map.getBounds();
    const low = (v) => (Math.floor(v / SNAP) * SNAP).toFixed(2);
    const high = (v) => (Math.ceil(v / SNAP) * SNAP).toFixed(2);
    const key = `${d.mapGround}?zoom=${GRID_ZOOM}&bbox=${low(b.getWest())},${low(b.getSouth())},${high(b.getEast())},${high(b.getNorth())}`;
    if (key === gridKey) return;
    gridKey = key;
    try {
      const found = await ask(key);
      if (key !== gridKey) return;
      grids.clearLayers();
      for (const f of found.features) if (f.properties.kind === "grid") { area(f, "map-grid", grids); label(f, "map-name-grid", grids); }
      tidy();
    } catch { gridKey = ""; }
  }
  // A name stays within what it names and inside the frame, beside the marks where there is room. One that would lie on
  // another name, or for which what can be seen of its area is too small, waits: no name stands in a neighbour's area.
  function tidy() {
    const frame = canvas.getBoundingClientRect();
    const meet = (a, b) => a.left < b.right && a.right > b.left && a.top < b.bottom && a.bottom > b.top;
    const marks = [...canvas.querySelectorAll(".map-mark > *, .map-number")].map((one) => one.getBoundingClientRect());
    const kept = [...canvas.querySelectorAll(".leaflet-control-zoom")].map((one) => one.getBoundingClientRect());
    const spots = [...canvas.querySelectorAll(".map-names .map-name > span:not(.map-number)")].map((name) => {
      const [a, b] = [map.latLngToContainerPoint(homes.get(name).getNorthWest()), map.latLngToContainerPoint(homes.get(name).getSouthEast())];
      const home = { left: Math.max(frame.left + a.x, frame.left), right: Math.min(frame.left + b.x, frame.right),
        top: Math.max(frame.top + a.y, frame.top), bottom: Math.min(frame.top + b.y, frame.bottom) };
      name.style.maxWidth = `${Math.max(MIN_NAME, Math.round(b.x - a.x - 2 * EDGE))}px`;
      return { name, home };
    });
    const sized = spots.map(({ name, home }) => {
      const at = name.parentElement.getBoundingClientRect(); // of no size: the place itself
      return { name, home, x: at.left, y: at.top, w: name.offsetWidth, h: name.offsetHeight };
    });
    for (const { name, home, x, y, w, h } of sized) {
      if (!w) continue;
      const room = { left: home.left + EDGE + w / 2, right: home.right - EDGE - w / 2, top: home.top + EDGE + h / 2, bottom: home.bottom - EDGE - h / 2 };
      const tries = [];
      for (const down of STEPS) {
        for (const aside of STEPS) {
          const dx = Math.max(room.left, Math.min(x + (aside * w) / 2, room.right)) - x;
          const dy = Math.max(room.top, Math.min(y + down * h, room.bottom)) - y;
          tries.push({ dx, dy, left: x + dx - w / 2, right: x + dx + w / 2, top: y + dy - h / 2, bottom: y + dy + h / 2 });
        }
      }
      const fits = room.left <= room.right + EDGE && room.top <= room.bottom + EDGE;
      const free = fits ? tries.filter((one) => !kept.some((other) => meet(one, other))).sort((a, b) => Math.hypot(a.dx, a.dy) - Math.hypot(b.dx, b.dy)) : [];
      const best = free.find((one) => !marks.some((mark) => meet(one, mark))) ?? free[0];
      name.classList.toggle("map-name-off", !best);
      if (!best) continue;
      kept.push(best);
      name.style.setProperty("--dx", `${Math.round(best.dx)}px`);
      name.style.setProperty("--dy", `${Math.round(best.dy)}px`);
    }
  }
  const level = () => { canvas.dataset.zoom = map.getZoom() >= 16 ? "near" : map.getZoom() >= GRID_ZOOM ? "mid" : "far"; };
  map.on("zoomend", () => { level(); tidy(); });

  // --- features ---
  const shown = new Map();
  const text = (p) => [p.label, p.text].filter(Boolean).join(say("mapsep"));
  const onePlace = (p) => p.kind === "cluster" && p.box && p.box[0] === p.box[2] && p.box[1] === p.box[3];
  const wordsOf = (p) => (p.kind === "cluster" ? say(`${onePlace(p) ? "mapsame" : "mapmany"}${p.late ? "late" : ""}`, { n: p.count, late: p.late }) : text(p));
  function sign(p) {
    const box = make("span", p.kind === "cluster" ? `map-many map-many-${p.count > 99 ? 3 : p.count > 9 ? 2 : 1}` : p.id === "mark" ? "map-dot map-own" : "map-dot");
    if (p.kind === "cluster") {
      box.append(make("b", "", p.count > 999 ? `${Math.floor(p.count / 1000)}k+` : String(p.count)));
      if (p.late) { const late = make("span", "map-late"); late.append(glyph(d.mapSprite, "l-late", "mark"), String(p.late > 99 ? "99+" : p.late)); box.append(late); }
    } else if (p.due || p.paused) {
      const light = make("span", `light filled ${p.paused ? "light-hold" : "light-plain"}`);
      if (p.due && !p.paused) { light.dataset.due = p.due; light.dataset.warn = p.warn ?? ""; }
      const time = make("span", "map-time", p.paused ? say("mappaused") : "");
      if (!p.paused) time.dataset.t = "";
      light.append(glyph(d.mapSprite, p.paused ? "l-hold" : "l-plain", "mark"), time);
      box.append(light);
    } else if (p.n !== undefined) box.append(make("b", "map-n", String(p.n)));
    else box.append(glyph(d.mapSprite, p.icon ?? "map-pin", "ti"));
    if (p.shape) box.classList.add(`map-${p.shape}`);
    return box;
  }
  function pick(f) {
    if (f.properties.kind === "cluster" && !(onePlace(f.properties) && map.getZoom() >= map.getMaxZoom() - 0.5)) {
      const b = f.properties.box;
      const to = b && L.latLngBounds([b[1], b[0]], [b[3], b[2]]);
      if (to && map.getBoundsZoom(to.pad(0.2)) > map.getZoom() + 0.5) map.fitBounds(to.pad(0.2));
      else map.setView([f.geometry.coordinates[1], f.geometry.coordinates[0]], Math.min(map.getZoom() + 2, map.getMaxZoom()));
      return;
    }
    if (!fire("pick", f, true)) return;
    const p = f.properties;
    const bubble = make("div", "map-bubble");
    bubble.append(make("b", "", p.label ?? (p.kind === "cluster" ? wordsOf(p) : "")));
    if (p.text) bubble.append(make("span", "", p.text));
    if (p.url) { const a = make("a", "link", say("mapopen")); a.href = p.url; bubble.append(a); }
    const [lng, lat] = f.geometry.type === "Point" ? f.geometry.coordinates : Object.values(L.geoJSON(f).getBounds().getCenter()).reverse();
    L.popup({ maxWidth: 260 }).setLatLng([lat, lng]).setContent(bubble).openOn(map);
  }
  function draw(f) {
    const p = f.properties ?? (f.properties = {});
    if (f.geometry.type === "Point") {
      const icon = L.divIcon({ className: "map-mark", html: sign(p), iconSize: null });
      const said = wordsOf(p);
      const marker = L.marker([f.geometry.coordinates[1], f.geometry.coordinates[0]], { icon, title: said, riseOnHover: true, zIndexOffset: p.id === "mark" ? 100 : p.kind === "cluster" ? 0 : 200 });
      marker.on("click", () => pick(f));
      marker.on("add", () => {
        const node = marker.getElement();
        node.removeAttribute("aria-label"); // its name is what stands in it, and the sentence behind that
        if (said) node.firstElementChild?.append(make("span", "vh", ` ${said}`));
        node.addEventListener("keydown", (e) => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); e.stopPropagation(); pick(f); } });
      });
      return marker;
    }
    const css = p.kind === "area" ? `map-area map-level-${p.level ?? 0}` : p.kind === "route" ? `map-route map-route-${p.line ?? 0}` : "map-drawn";
    const layer = L.geoJSON(f, { style: { className: css } });
    if (p.label) layer.bindTooltip(text(p), { sticky: true });
    layer.on("click", () => pick(f));
    if (p.kind !== "area" || !p.at) return layer;
    const number = make("span", "map-number", String(p.count ?? ""));
    if (p.late) { const late = make("span", "map-late"); late.append(glyph(d.mapSprite, "l-late", "mark"), String(p.late)); number.append(late); }
    const icon = L.divIcon({ className: "map-name", html: number, iconSize: null });
    return L.layerGroup([layer, L.marker([p.at[1], p.at[0]], { pane: "names", icon, interactive: false, keyboard: false })]);
  }
  let marked = "";
  function mark(id) {
    marked = String(id ?? "");
    for (const [key, one] of shown) one.layer.getElement?.()?.classList.toggle("is-chosen", key === marked);
    return shown.get(marked);
  }
  const keyOf = (f, i) => String(f.properties?.id ?? f.id ?? `#${i}`);
  const featuresOf = (geo) => (geo.type === "FeatureCollection" ? geo.features : [geo.type === "Feature" ? geo : { type: "Feature", geometry: geo, properties: {} }]);
  function show(collection, group = map) {
    const features = featuresOf(collection);
    const seen = new Set();
    features.forEach((f, i) => {
      const key = keyOf(f, i);
      const json = JSON.stringify(f);
      seen.add(key);
      const old = shown.get(key);
      if (old?.json === json) return;
      const focused = old?.layer.getElement?.() === document.activeElement && document.activeElement !== null;
      old?.layer.remove();
      const layer = draw(f).addTo(group);
      shown.set(key, { layer, json, f });
      if (focused) layer.getElement?.()?.focus();
    });
    for (const [key, one] of shown) if (!seen.has(key)) { one.layer.remove(); shown.delete(key); }
    if (marked) mark(marked);
    list(features);
    document.dispatchEvent(new Event("look:changed")); // light.js paints the lights
    tidy();
    fire("shown", { features, zoom: map.getZoom() });
  }
  function list(features) {
    const total = features.reduce((sum, f) => sum + (f.properties.kind === "cluster" ? f.properties.count : 1), 0);
    if (d.mapUrl) tell(total ? say("mapshown", { n: total }) : "mapMark" in d ? "" : say("mapempty"));
    const into = el.querySelector("[data-map-list]");
    if (!into) return;
    into.replaceChildren(...features.map((f) => {
      const item = make("li");
      const p = f.properties;
      const words = wordsOf(p);
      if (p.url) { const a = make("a", "link", words); a.href = p.url; item.append(a); } else item.textContent = words;
      return item;
    }));
    into.closest("details").hidden = !features.some((f) => text(f.properties) || f.properties.kind === "cluster");
  }
  let aborter;
  async function load() {
    if (!d.mapUrl) return;
    const url = new URL(d.mapUrl, location.href);
    if ("mapLiveView" in d) {
      const b = map.getBounds().pad(0.05);
      const six = (v) => v.toFixed(6);
      url.searchParams.set("bbox", [Math.max(-180, b.getWest()), Math.max(-90, b.getSouth()), Math.min(180, b.getEast()), Math.min(90, b.getNorth())].map(six).join(","));
      url.searchParams.set("zoom", String(map.getZoom()));
    }
    aborter?.abort();
    aborter = new AbortController();
    el.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url, { credentials: "same-origin", signal: aborter.signal });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      show(await answer.json());
      el.removeAttribute("aria-busy");
    } catch (error) {
      if (error.name === "AbortError") return;
      el.removeAttribute("aria-busy");
      tell(say("maploadfail"));
    }
  }

  // --- first view: the given point, the drawn thing, or the whole ground ---
  const given = d.mapLat && d.mapLng ? L.latLng(Number(d.mapLat), Number(d.mapLng)) : null;
  const outline = stored(el, d.mapOutline);
  const own = stored(el, d.mapDraw);
  const zoom = d.mapZoom ? Number(d.mapZoom) : 16;
  const bounds = (own || outline) && L.geoJSON(own ?? outline).getBounds();
  const fit = d.mapFit?.split(",").map(Number);
  const edge = d.mapDraw ? 14 : 0; // a corner's handle is seen whole
  const room = { paddingTopLeft: [ZOOM_WIDE + edge, edge], paddingBottomRight: [edge, edge] }; // what is to be seen keeps clear of the zoom buttons
  function first() {
    if (fit?.length === 4 && fit.every(Number.isFinite)) map.fitBounds([[fit[1], fit[0]], [fit[3], fit[2]]]);
    else if (bounds?.isValid()) map.fitBounds((given && "mapMark" in d ? bounds.extend(given) : bounds).pad(canvas.offsetWidth < NARROW ? 0 : 0.15), { ...room, maxZoom: 17 });
    else if (given) map.setView(given, zoom);
    else if (around?.isValid()) { map.fitBounds(around.pad(0.02)); if (d.mapZoom) map.setZoom(zoom); }
    else map.setView([37.87, 112.55], 12);
  }
  first();
  level();
  // What the page itself says stays, whatever the address answers: the outline, the fixed pin, its circle.
  if (outline) for (const f of featuresOf(outline)) draw(f).addTo(map);
  if (given && "mapMark" in d) {
    if (d.mapRadius) L.circle(given, { radius: Number(d.mapRadius), className: "map-drawn", interactive: false }).addTo(map);
    draw({ type: "Feature", geometry: { type: "Point", coordinates: [given.lng, given.lat] }, properties: { id: "mark", label: d.mapMark, icon: "map-pin" } }).addTo(map);
  }
  if ("mapPin" in d || d.mapDraw) {
    const { pin, polygon } = await import(d.mapEdit);
    const kit = { el, map, L, fire, tell, say, make, glyph, fields, given, own };
    if ("mapPin" in d) pin(kit);
    if (d.mapDraw) polygon(kit);
  }
  let pause;
  map.on("moveend", () => { clearTimeout(pause); pause = setTimeout(() => { tidy(); ground(); if ("mapLiveView" in d) load(); }, 120); });
  el.addEventListener("map:reload", load);
  el.addEventListener("live-refresh", load);
  el.addEventListener("map:focus", (e) => {
    const one = mark(e.detail?.id);
    const at = one?.layer.getLatLng?.();
    if (at && !map.getBounds().pad(-0.1).contains(at)) map.panTo(at);
  });
  // A turned phone, a drawn window: until somebody moves the map, it shows what it was opened for.
  let touched = false;
  for (const kind of ["pointerdown", "wheel", "keydown"]) canvas.addEventListener(kind, () => { touched = true; }, { passive: true });
  for (const kind of ["map:set", "map:focus"]) el.addEventListener(kind, () => { touched = true; });
  let wide = canvas.offsetWidth;
  new ResizeObserver(() => {
    map.invalidateSize({ pan: false });
    if (!touched && canvas.offsetWidth !== wide) first();
    wide = canvas.offsetWidth;
  }).observe(canvas);
  ground();
  await load();
  el.dataset.mapState = "ready";
  fire("ready", { map, L });
}

// --- tiles: a wish by setting; a layer in GCJ-02 is shifted, the data stay WGS-84 ---
async function tiles(el, map, L) {
  const layers = el.dataset.mapTiles ? JSON.parse(el.dataset.mapTiles) : [];
  if (!layers.length) return;
  const convert = layers.some((one) => one.datum === "gcj02") ? (await import(el.dataset.mapGcoord)).default : null;
  const shift = (at) => { const [lng, lat] = convert.transform([at.lng, at.lat], convert.WGS84, convert.GCJ02); return L.latLng(lat, lng); };
  // Leaflet places a tile by the centre of the view: moved by the datum's offset there, the pictures lie right to a metre.
  const Shifted = L.TileLayer.extend({
    _getTiledPixelBounds(centre) { return L.TileLayer.prototype._getTiledPixelBounds.call(this, shift(centre)); },
    _setZoomTransform(level, centre, zoom) { L.TileLayer.prototype._setZoomTransform.call(this, level, shift(centre), zoom); },
  });
  const none = L.layerGroup();
  const bases = { [say("mapnotiles")]: none };
  const safe = (value) => make("span", "", value).innerHTML;
  for (const one of layers) {
    const Layer = one.datum === "gcj02" ? Shifted : L.TileLayer;
    bases[safe(one.name)] = new Layer(one.url, { subdomains: one.subdomains, maxZoom: 19, maxNativeZoom: one.max_zoom, attribution: safe(one.attribution), className: "map-tiles", referrerPolicy: "no-referrer" });
  }
  let kept = null;
  try { kept = localStorage.getItem("map-layer"); } catch { /* closed */ }
  (bases[kept] ?? bases[safe(layers[0].name)]).addTo(map);
  const mark = () => map.getContainer().classList.toggle("has-tiles", !map.hasLayer(none));
  mark();
  L.control.attribution({ prefix: false }).addTo(map);
  L.control.layers(bases, {}, { position: "topright" }).addTo(map);
  map.on("baselayerchange", (e) => { mark(); try { localStorage.setItem("map-layer", e.name); } catch { /* closed */ } });
}

const sight = "IntersectionObserver" in window
  ? new IntersectionObserver((seen) => seen.forEach((one) => { if (one.isIntersecting) { sight.unobserve(one.target); start(one.target); } }), { rootMargin: "200px" })
  : { observe: start };
const find = () => document.querySelectorAll("[data-map]:not([data-map-state])").forEach((el) => { el.dataset.mapState = "waiting"; sight.observe(el); });
find();
document.addEventListener("look:changed", find);
