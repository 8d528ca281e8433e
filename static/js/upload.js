// The portal's sending: each photo goes at once, on its own, with its state on it and a second try; a form waits for them,
// and stays where it is while there is no signal. Without this file the form carries its photos itself.
const words = document.getElementById("look-words")?.dataset ?? {};
const sprite = () => document.querySelector("svg use")?.getAttribute("href")?.split("#")[0] ?? "";
const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";
const TRIES = [2000, 5000, 15000]; // pauses before a photo is tried again by itself
const SILENCE = 45000;

function svg(name) {
  const space = "http://www.w3.org/2000/svg";
  const drawn = document.createElementNS(space, "svg");
  drawn.setAttribute("class", "ti");
  drawn.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `${sprite()}#${name}`);
  drawn.append(use);
  return drawn;
}

class Box {
  constructor(element) {
    this.element = element;
    this.url = element.dataset.upload;
    this.input = element.querySelector("input[type=file]");
    this.shots = element.querySelector("[data-shots]");
    this.state = element.querySelector("[data-photos-state]");
    this.items = []; // what is not kept yet, in the order it was chosen
    this.busy = false;
  }

  say(key, values = {}) {
    return (this.element.dataset[`u${key[0].toUpperCase()}${key.slice(1)}`] ?? "").replace(/\{(\w+)\}/g, (_, k) => values[k] ?? "");
  }

  take(file, thumb, shelf = 0, back = false) {
    const item = { file, shelf, tries: 0, failed: false, figure: document.createElement("figure") };
    item.figure.className = "shot shot-going";
    item.figure.dataset.going = "";
    if (thumb) {
      thumb.setAttribute("role", "img");
      thumb.setAttribute("aria-label", file.name);
      item.figure.append(thumb);
    } else item.figure.append(svg("photo"));
    item.cap = document.createElement("figcaption");
    item.cap.className = "cap";
    item.cap.textContent = this.say("waits");
    const remove = document.createElement("button");
    remove.type = "button";
    remove.setAttribute("aria-label", (words.wPhotoremove ?? "").replace("{n}", this.count()));
    remove.append(svg("x"));
    remove.addEventListener("click", () => this.gone(item));
    item.figure.append(item.cap, remove);
    this.shots.insertBefore(item.figure, this.shots.querySelector(".shoot"));
    this.items.push(item);
    this.back ||= back;
    if (back) this.element.closest("details")?.setAttribute("open", "");
    this.look();
    this.next();
  }

  count() { return this.shots.querySelectorAll(".shot").length + 1; }

  gone(item) {
    item.request?.abort();
    globalThis.photoShelf?.drop(item.shelf);
    this.items = this.items.filter((other) => other !== item);
    item.figure.remove();
    this.look();
    this.input.focus();
  }

  look() {
    this.shots.classList.toggle("shots-has", this.shots.querySelector(".shot") !== null);
    if (!this.state) return;
    if (this.items.some((item) => item.failed)) this.state.textContent = this.say("retry");
    else if (this.items.length && this.back) this.state.textContent = this.say("back");
    else if (this.items.length) this.state.textContent = this.say("left", { n: this.items.length });
    else this.state.textContent = this.shots.querySelector(".shot") ? this.say("done") : "";
  }

  // One after the other: on a weak signal two at once both fail.
  next() {
    if (this.busy) return;
    const item = this.items.find((one) => !one.failed);
    if (!item) { this.element.dispatchEvent(new CustomEvent("upload:idle", { bubbles: true })); return; }
    this.busy = true;
    this.send(item).then((answer) => {
      this.busy = false;
      if (!this.items.includes(item)) { this.next(); return; }
      const taken = answer.status === 204 || ([200, 201].includes(answer.status) && answer.responseText.includes("<figure"));
      if (taken) this.kept(item, answer.responseText);
      else this.failed(item, answer);
      this.look();
      this.next();
    });
  }

  send(item) {
    item.tries += 1;
    item.cap.textContent = this.say("sending", { n: "0%" });
    return new Promise((done) => {
      const request = new XMLHttpRequest();
      item.request = request;
      let quiet = setTimeout(() => request.abort(), SILENCE);
      const heard = () => { clearTimeout(quiet); quiet = setTimeout(() => request.abort(), SILENCE); };
      request.upload.addEventListener("progress", (e) => {
        heard();
        if (e.lengthComputable) item.cap.textContent = this.say("sending", { n: `${Math.round((e.loaded / e.total) * 100)}%` });
      });
      request.addEventListener("loadend", () => { clearTimeout(quiet); done(request); });
      request.open("POST", this.url);
      request.setRequestHeader("X-CSRFToken", token());
      const body = new FormData();
      if (this.element.dataset.uploadKey) body.append("client_key", this.element.dataset.uploadKey);
      body.append("photos", item.file, item.file.name);
      request.send(body);
    });
  }

  kept(item, html) {
    this.items = this.items.filter((other) => other !== item);
    globalThis.photoShelf?.drop(item.shelf);
    const stored = html ? document.createRange().createContextualFragment(html).querySelector("figure") : null;
    const number = stored?.querySelector("button[name=remove]")?.value;
    const there = number && this.shots.querySelector(`button[name=remove][value="${CSS.escape(number)}"]`);
    if (!stored || there) { item.figure.remove(); return; } // the same photo is there already
    const thumb = item.figure.querySelector("canvas");
    if (thumb) stored.querySelector("img, svg.ti")?.replaceWith(thumb); // the server still makes its small copy
    item.figure.replaceWith(stored);
  }

  failed(item, answer) {
    const refused = answer.status >= 400 && answer.status < 500 && answer.status !== 408 && answer.status !== 429;
    item.failed = true;
    item.cap.textContent = this.say("failed");
    item.figure.querySelector(".again")?.remove();
    const plain = (answer.getResponseHeader("content-type") ?? "").startsWith("text/plain");
    if (refused) { // this photo will never be taken: say why and let it go from the form
      const why = document.createElement("p");
      why.className = "help";
      why.setAttribute("role", "alert");
      why.textContent = `${item.file.name}: ${plain ? answer.responseText : (words.wE413 ?? "")}`;
      this.element.append(why);
      this.gone(item);
      return;
    }
    const again = document.createElement("button");
    again.type = "button";
    again.className = "again";
    again.append(svg("refresh"), document.createTextNode(this.say("again")));
    again.addEventListener("click", () => this.again(item));
    item.figure.append(again);
    const pause = TRIES[item.tries - 1];
    if (pause && navigator.onLine) setTimeout(() => this.again(item), pause);
  }

  again(item) {
    if (!item.failed || !this.items.includes(item)) return;
    item.failed = false;
    item.figure.querySelector(".again")?.remove();
    item.cap.textContent = this.say("waits");
    this.look();
    this.next();
  }

  async drop(button) {
    const body = new FormData();
    if (this.element.dataset.uploadKey) body.append("client_key", this.element.dataset.uploadKey);
    body.append("remove", button.value);
    try {
      const answer = await fetch(this.url, { method: "POST", body, headers: { "X-CSRFToken": token() } });
      if (!answer.ok) throw new Error(String(answer.status));
      button.closest(".shot").remove();
      this.look();
      this.input.focus();
    } catch { tell(this.input.form, "cloud-off", this.say("offline")); }
  }

  // Photos that never arrived ride with the form itself.
  hand() {
    const bag = new DataTransfer();
    for (const { file } of this.items) bag.items.add(file);
    this.input.files = bag.files;
    globalThis.photoShelf?.ride(this.items.map((item) => item.shelf));
  }
}

const boxes = new Map();
const boxOf = (element) => {
  const box = element?.closest?.("[data-upload]");
  if (!box?.dataset.upload) return null;
  if (!boxes.has(box)) boxes.set(box, new Box(box));
  return boxes.get(box);
};

// photos.js hands over every photo it has made small.
document.addEventListener("look:photo", (e) => {
  const box = boxOf(e.target);
  if (!box) return;
  e.preventDefault();
  box.take(e.detail.file, e.detail.thumb, e.detail.shelf, e.detail.back);
});
document.addEventListener("click", (e) => {
  const button = e.target.closest?.("[data-upload] .shot button[name=remove]");
  if (!button) return;
  e.preventDefault();
  boxOf(button).drop(button);
});
addEventListener("online", () => {
  for (const box of boxes.values()) for (const item of box.items) box.again(item);
  document.querySelectorAll("[data-sending-state]").forEach((line) => { line.hidden = true; });
});

// --- the form ---
function tell(form, icon, text) {
  const line = document.querySelector("[data-sending-state]");
  if (!line) return;
  line.querySelector("use")?.setAttribute("href", `${sprite()}#${icon}`);
  line.querySelector("[data-sending-t]").textContent = text;
  line.hidden = !text;
}
const said = (form, key) => form.dataset[key] ?? form.querySelector("[data-upload]")?.dataset[key] ?? "";
document.addEventListener("submit", (e) => {
  const form = e.target;
  if (!form.hasAttribute?.("data-careful") || e.defaultPrevented) return;
  if (!navigator.onLine) {
    e.preventDefault();
    e.stopImmediatePropagation();
    tell(form, "cloud-off", said(form, "uOffline"));
    return;
  }
  const box = boxOf(form.querySelector("[data-upload]"));
  if (!box) return;
  if (box.busy && !form.dataset.waited) {
    e.preventDefault();
    e.stopImmediatePropagation();
    tell(form, "cloud-up", box.say("left", { n: box.items.length }));
    const by = e.submitter;
    const go = () => {
      clearTimeout(limit);
      form.dataset.waited = "1";
      form.requestSubmit(by && form.contains(by) ? by : by?.form === form ? by : undefined);
      delete form.dataset.waited;
    };
    const limit = setTimeout(() => { box.element.removeEventListener("upload:idle", go); go(); }, 20000);
    box.element.addEventListener("upload:idle", go, { once: true });
    return;
  }
  box.hand();
  leaving = true; // they ride with the form
}, true);
let leaving = false;
addEventListener("pageshow", () => { leaving = false; });
// A photo that has not arrived and could not be kept here would be gone with the page: the browser asks first.
addEventListener("beforeunload", (e) => { if (!leaving && [...boxes.values()].some((box) => box.items.some((item) => !item.shelf))) e.preventDefault(); });
