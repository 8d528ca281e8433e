// Three-state answers: pressing the chosen one again clears it; progress in words; measured value and verdict.
const words = document.getElementById("look-words")?.dataset ?? {};
const say = (key, values = {}) => (words[`w${key[0].toUpperCase()}${key.slice(1)}`] ?? "").replace(/\{(\w+)\}/g, (_, k) => values[k] ?? "");

let wasOn = null;
const radioOf = (target) => {
  const label = target.closest?.("[data-tri] label");
  return label ? document.getElementById(label.htmlFor) : target.matches?.("[data-tri] input") ? target : null;
};
document.addEventListener("pointerdown", (e) => { const r = radioOf(e.target); wasOn = r?.checked ? r : null; });
document.addEventListener("click", (e) => {
  const radio = e.target.matches?.("[data-tri] input") ? e.target : null;
  if (!radio || radio !== wasOn) return;
  wasOn = null;
  radio.checked = false;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
});
document.addEventListener("keydown", (e) => {
  if ((e.key === "Backspace" || e.key === "Delete") && e.target.matches?.("[data-tri] input:checked")) {
    e.target.checked = false;
    e.target.dispatchEvent(new Event("change", { bubbles: true }));
  }
});

function progress() {
  const groups = [...document.querySelectorAll("[data-tri]")];
  const done = groups.filter((g) => g.querySelector("input:checked")).length;
  const no = groups.filter((g) => g.querySelector("input.no:checked")).length;
  document.querySelectorAll("[data-tri-progress]").forEach((el) => { el.textContent = say("answered", { done, all: groups.length, no }); });
  document.querySelectorAll("progress[data-tri-bar]").forEach((el) => { el.max = groups.length || 1; el.value = done; });
}

function judge(box) {
  const input = box.querySelector("[data-measured]");
  const slot = box.querySelector("[data-verdict]");
  const limit = Number.parseFloat(box.dataset.limit);
  if (!input || !slot || Number.isNaN(limit)) return;
  const value = Number.parseFloat(input.value.replace(",", "."));
  const bar = (name, width) => box.querySelector(`[${name}]`)?.setAttribute("width", String(width));
  slot.replaceChildren();
  const wide = Number.isNaN(value) || limit <= 0 ? 0 : Math.min(Math.max((value * 70) / limit, 0), 100);
  bar("data-g-in", Math.min(wide, 70));
  bar("data-g-over", Math.max(wide - 70, 0));
  if (Number.isNaN(value)) return;
  const late = value > limit;
  const over = Math.round((value - limit) * 100) / 100;
  const light = document.createElement("span");
  light.className = `light light-${late ? "late" : "ok"}`;
  const sprite = document.querySelector("svg use")?.getAttribute("href")?.split("#")[0] ?? "";
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "mark");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#l-${late ? "late" : "ok"}`);
  svg.append(use);
  const text = document.createElement("span");
  text.textContent = late ? say("overlimit", { n: `${over} ${box.dataset.unit ?? ""}`.trim() }) : say("inlimit");
  light.append(svg, text);
  slot.append(light);
}
function all() {
  progress();
  document.querySelectorAll("[data-measure]").forEach(judge);
}
document.addEventListener("change", progress);
document.addEventListener("input", (e) => { const box = e.target.closest?.("[data-measure]"); if (box) judge(box); });
document.addEventListener("look:changed", all);
all();
