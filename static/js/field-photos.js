// Photos go ahead of their form, one by one: each shows whether it has arrived, and is sent again by itself.
// The form then only names them ("kept"). Without this file the plain field of the form works.
const words = document.getElementById("field-words")?.dataset ?? {};
const say = (key, values = {}) => (words[`w${key[0].toUpperCase()}${key.slice(1)}`] ?? "").replace(/\{(\w+)\}/g, (_, k) => values[k] ?? "");
const sprite = () => document.querySelector("svg use")?.getAttribute("href")?.split("#")[0] ?? "";
const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";
const SVG = "http://www.w3.org/2000/svg";
const files = new WeakMap(); // figure → file
const ICONS = { sending: "cloud-up", sent: "check", waits: "refresh", refused: "alert-triangle" };

function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "ti");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${sprite()}#${name}`);
  svg.append(use);
  return svg;
}
const shotsOf = (box) => [...box.querySelectorAll("[data-shot-state]")];
const formOf = (box) => box.closest("form");
function turn(figure, state, why = "") {
  const box = figure.closest("[data-photos]");
  const n = shotsOf(box).indexOf(figure) + 1;
  figure.dataset.shotState = state;
  const badge = figure.querySelector("[data-shot-badge]");
  badge.replaceChildren(icon(ICONS[state]));
  badge.disabled = state !== "waits";
  const key = { sending: "photosending", sent: "photosent", waits: "photowaits", refused: "photono" }[state];
  badge.setAttribute("aria-label", say(key, { n, why }));
  const all = shotsOf(box);
  const line = box.querySelector("[data-photos-state]");
  if (line) line.textContent = state === "refused" ? say("photono", { n, why }) : say("photos", { n: all.filter((one) => one.dataset.shotState === "sent").length, all: all.length });
  document.dispatchEvent(new Event("field:shots"));
}
const forget = (figure) => { globalThis.photoShelf?.drop(figure.dataset.shelved); delete figure.dataset.shelved; };
// On the shelf until its form was taken: a photo that arrived without its form belongs to nothing yet.
document.addEventListener("htmx:afterRequest", (e) => {
  const form = e.detail?.requestConfig?.elt ?? e.detail?.elt;
  const answer = e.detail?.xhr;
  if (!e.detail?.successful || answer.status >= 400 || answer.getResponseHeader("HX-Redirect")?.includes("/accounts/login/")) return;
  const named = e.detail.requestConfig?.formData?.getAll?.("kept") ?? [];
  for (const figure of form?.querySelectorAll?.("[data-shelved][data-shot-state=sent]") ?? []) if (named.includes(figure.querySelector("[name=kept]")?.value)) forget(figure);
});
async function send(figure) {
  const box = figure.closest("[data-photos]");
  const file = files.get(figure);
  if (!box || !file || ["sending", "sent"].includes(figure.dataset.shotState)) return;
  turn(figure, "sending");
  const body = new FormData();
  body.append("key", figure.dataset.key || formOf(box)?.querySelector("[name=photo_key], [name=client_key]")?.value || box.dataset.key || "");
  body.append("photo", file);
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), 60000);
  try {
    const answer = await fetch(box.dataset.send, { method: "POST", body, headers: { "X-CSRFToken": token() }, credentials: "same-origin", signal: stop.signal });
    const told = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : {};
    if (answer.ok && told.kept) {
      const kept = document.createElement("input");
      Object.assign(kept, { type: "hidden", name: "kept", value: told.kept });
      figure.append(kept);
      turn(figure, "sent");
      if (!formOf(box)) forget(figure);
      box.dispatchEvent(new CustomEvent("field:photo-sent", { bubbles: true }));
      release(box);
    } else if (answer.status === 422 || answer.status === 413) { turn(figure, "refused", told.error ?? ""); forget(figure); }
    else turn(figure, "waits");
  } catch {
    turn(figure, "waits");
  } finally { clearTimeout(timer); }
}
// photos.js has drawn and shrunk one: it is taken over here.
document.addEventListener("look:photo", (e) => {
  const box = e.target.closest?.("[data-photos][data-send]");
  if (!box) return;
  e.preventDefault();
  const { file, thumb, shelf, key } = e.detail;
  const figure = document.createElement("figure");
  if (shelf) figure.dataset.shelved = shelf;
  if (key) figure.dataset.key = key; // the same photo under its first key stays one, however often it is sent
  figure.className = "shot";
  figure.dataset.shotState = "new";
  if (thumb) { thumb.setAttribute("role", "img"); thumb.setAttribute("aria-label", file.name); figure.append(thumb); }
  else figure.append(Object.assign(document.createElement("span"), { className: "cap", textContent: file.name }));
  const badge = document.createElement("button");
  badge.type = "button";
  badge.className = "shot-badge";
  badge.dataset.shotBadge = "";
  badge.addEventListener("click", () => send(figure));
  const away = document.createElement("button");
  away.type = "button";
  away.setAttribute("aria-label", say("drop"));
  away.append(icon("x"));
  away.addEventListener("click", () => { forget(figure); figure.remove(); document.dispatchEvent(new Event("field:shots")); release(box); });
  figure.append(badge, away);
  files.set(figure, file);
  const shots = box.querySelector("[data-shots]");
  shots.insertBefore(figure, shots.querySelector(".shoot"));
  shots.classList.add("shots-has");
  send(figure);
});
// A form waits for its photos; then it goes by itself. (On window: before anybody else hears of the submit.)
addEventListener("submit", (e) => {
  const open = [...e.target.querySelectorAll("[data-shot-state]")].filter((one) => ["new", "sending", "waits"].includes(one.dataset.shotState));
  if (!open.length || e.target.dataset.item) return;
  e.preventDefault();
  e.stopImmediatePropagation();
  e.target.dataset.afterPhotos = "1";
  document.dispatchEvent(new CustomEvent("look:toast", { detail: { text: say("photosfirst") } }));
  open.filter((one) => one.dataset.shotState === "waits").forEach(send);
}, true);
function release(box) {
  const form = formOf(box);
  if (!form?.dataset.afterPhotos) return;
  if (form.querySelector("[data-shot-state=new], [data-shot-state=sending], [data-shot-state=waits]")) return;
  delete form.dataset.afterPhotos;
  form.requestSubmit();
}
document.addEventListener("field:again", () => document.querySelectorAll("[data-shot-state=waits]").forEach(send));
