// Photos: thumbnails drawn on canvas, shrinking to 1600 px before sending, several choices added up.
// A photo the browser cannot draw is sent as it is; without this file the plain field works.
const LONG = 1600;
const words = document.getElementById("look-words")?.dataset ?? {};
const say = (key, values = {}) => (words[`w${key[0].toUpperCase()}${key.slice(1)}`] ?? "").replace(/\{(\w+)\}/g, (_, k) => values[k] ?? "");
const chosen = new WeakMap(); // input → [{file, thumb}]

async function shrink(file, again = false) {
  let picture;
  try { picture = await createImageBitmap(file, { imageOrientation: "from-image" }); } catch { return { file, thumb: null }; }
  const draw = (long) => {
    const scale = Math.min(1, long / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff"; // a transparent PNG must not turn black
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    return canvas;
  };
  const thumb = draw(240);
  if (again) { picture.close(); return { file, thumb }; }
  const blob = await new Promise((done) => draw(LONG).toBlob(done, "image/jpeg", 0.85));
  picture.close();
  if (!blob || (file.type === "image/jpeg" && blob.size >= file.size)) return { file, thumb };
  return { file: new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg", lastModified: file.lastModified }), thumb };
}
function hand(input) {
  const bag = new DataTransfer();
  for (const { file } of chosen.get(input) ?? []) bag.items.add(file);
  input.files = bag.files;
}
function show(box, input) {
  const list = chosen.get(input) ?? [];
  const shots = box.querySelector("[data-shots]");
  shots.querySelectorAll("[data-new]").forEach((n) => n.remove());
  list.forEach((item, i) => {
    const figure = document.createElement("figure");
    figure.className = "shot";
    figure.dataset.new = "";
    if (item.thumb) { item.thumb.setAttribute("role", "img"); item.thumb.setAttribute("aria-label", item.file.name); figure.append(item.thumb); }
    else { const name = document.createElement("span"); name.className = "cap"; name.textContent = item.file.name; figure.append(name); }
    const remove = document.createElement("button");
    remove.type = "button";
    remove.setAttribute("aria-label", say("photoremove", { n: i + 1 }));
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "ti");
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `${document.querySelector("svg use")?.getAttribute("href")?.split("#")[0] ?? ""}#x`);
    svg.append(use);
    remove.replaceChildren(svg);
    remove.addEventListener("click", () => {
      list.splice(i, 1);
      hand(input);
      show(box, input);
      input.focus();
    });
    figure.append(remove);
    shots.insertBefore(figure, shots.querySelector(".shoot"));
  });
  shots.classList.toggle("shots-has", shots.querySelectorAll(".shot").length > 0);
}
document.addEventListener("change", async (e) => {
  const input = e.target;
  const box = input.closest?.("[data-photos]");
  if (!box || input.type !== "file" || !("DataTransfer" in window)) return;
  const state = box.querySelector("[data-photos-state]");
  const room = Number(box.dataset.max || 6) - box.querySelectorAll(".shot:not([data-new])").length;
  const list = chosen.get(input) ?? [];
  const fresh = [...input.files];
  hand(input); // until the shrunk ones are ready, what was ready before stays chosen
  const form = input.form;
  form?.setAttribute("aria-busy", "true");
  if (form) form.dataset.sending = "1"; // no sending while a photo is being drawn
  let dropped = 0;
  let given = 0;
  for (const file of fresh) {
    if (list.length + given >= room) { dropped += 1; continue; }
    const item = await shrink(file);
    if (placeOf(box)) item.shelf = await globalThis.photoShelf?.put(placeOf(box), item.file, factsOf(box));
    // Somebody may take it over (the portal sends each photo at once); else it waits for the form.
    if (input.dispatchEvent(new CustomEvent("look:photo", { bubbles: true, cancelable: true, detail: item }))) list.push(item);
    else given += 1;
  }
  chosen.set(input, list);
  hand(input);
  if (form) { delete form.dataset.sending; form.removeAttribute("aria-busy"); }
  show(box, input);
  if (given && !dropped) return; // whoever took them tells how they fare
  if (state) state.textContent = dropped ? say("photomax", { n: box.dataset.max }) : say("photoready", { n: list.length });
  input.dispatchEvent(new CustomEvent("look:photos", { bubbles: true, detail: { count: list.length } }));
});

// --- what had not arrived when the page was closed comes back into its box ---
const placeOf = (box) => box.dataset.shelf || (box.dataset.send ? `${location.pathname}#${box.querySelector("input[type=file]").id}` : "");
function factsOf(box) {
  const form = box.closest("form");
  const { item, what, party = "" } = form?.dataset ?? {};
  // A page of a resident is a secret: only those of a squad are named, in the list of what waits.
  const key = form?.querySelector("[name=photo_key], [name=client_key]")?.value || box.dataset.key || "";
  return { key, send: box.dataset.send ?? "", page: box.dataset.send ? location.pathname + (item ? `#item-${item}` : "") : "", what: what || document.title.split("·")[0].trim(), party };
}
async function back() {
  const boxes = [...document.querySelectorAll("[data-photos]")].filter(placeOf);
  const kept = boxes.length ? (await globalThis.photoShelf?.all()) ?? [] : [];
  for (const box of boxes) {
    const input = box.querySelector("input[type=file]");
    for (const one of kept.filter((each) => each.place === placeOf(box))) {
      const detail = { ...(await shrink(one.file, true)), shelf: one.id, key: one.key, back: true };
      input.dispatchEvent(new CustomEvent("look:photo", { bubbles: true, cancelable: true, detail }));
    }
  }
  // On a slow line somebody chooses before this file has come.
  for (const input of document.querySelectorAll("[data-photos] input[type=file]")) {
    if (input.files.length && !chosen.has(input)) input.dispatchEvent(new Event("change", { bubbles: true }));
  }
}
if (document.readyState === "complete") back();
else document.addEventListener("DOMContentLoaded", back);
document.addEventListener("htmx:afterRequest", (e) => {
  if (!e.detail.successful) return;
  for (const input of e.detail.elt.querySelectorAll?.("[data-photos] input[type=file]") ?? []) chosen.delete(input);
});
