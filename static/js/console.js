// Behaviour of the console: rows follow the stream in place, new ones wait behind a button.
// What is chosen in a strip that scrolls is in view.
function showChosen(root) {
  for (const strip of root.querySelectorAll(".rail-scroll, .tabs, .filters, .find-more")) {
    const chosen = strip.matches(".rail-scroll, .tabs") ? "[aria-current]" : ".filter.on, select:has(option:checked:not([value=''])):not([name=sort]), input[type=search]:not(:placeholder-shown, [data-narrow])";
    const now = strip.querySelector(chosen);
    if (now && strip.scrollWidth > strip.clientWidth) strip.scrollLeft += now.getBoundingClientRect().left - strip.getBoundingClientRect().left - 48;
  }
}
// What scrolls sideways on a narrow screen can be reached and moved by keys.
function reachable() {
  for (const box of document.querySelectorAll(".chart-wrap, .table-wrap")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
showChosen(document);
reachable();
let wide = innerWidth; // a phone that is turned; a keyboard that opens changes the height alone
addEventListener("resize", () => { if (innerWidth !== wide) { wide = innerWidth; showChosen(document); reachable(); } });
document.addEventListener("htmx:afterSettle", (event) => { if (event.detail.elt?.id === "board") showChosen(event.detail.elt); });

const within = (low, high) => low + Math.random() * (high - low);

// An order has moved: the rows of its cases are asked again.
document.addEventListener("live:order", (event) => {
  for (const row of document.querySelectorAll(`[data-order="${CSS.escape(String(event.detail.id))}"]`)) {
    setTimeout(() => row.isConnected && row.dispatchEvent(new CustomEvent("live-refresh", { bubbles: true })), within(80, 400));
  }
});

// A case we don't show has moved: the server says whether it belongs here; it never pushes itself in.
const unknown = new Set();
let asking = 0;
document.addEventListener("live:case", (event) => {
  const bar = document.getElementById("newcomers");
  if (!bar || "off" in bar.dataset || document.getElementById(`case-${event.detail.id}`)) return;
  unknown.add(event.detail.id);
  clearTimeout(asking);
  asking = setTimeout(() => {
    const now = document.getElementById("newcomers");
    const query = new URLSearchParams(now.dataset.query);
    query.set("ids", [...unknown].slice(-200).join(","));
    globalThis.htmx.ajax("GET", `${now.dataset.newcomers}?${query}`, { source: now, target: now, swap: "outerHTML" });
  }, within(300, 900));
});

// A refreshed row keeps its tick.
const ticked = new Set();
document.addEventListener("htmx:beforeSwap", (event) => {
  for (const box of event.detail.target.querySelectorAll?.("[data-pick]:checked") ?? []) ticked.add(box.id);
});
document.addEventListener("htmx:afterSettle", () => {
  for (const id of ticked) {
    const box = document.getElementById(id);
    if (box) {
      box.checked = true;
      box.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }
  ticked.clear();
});

// From a case back to the list as it was left: with its filters, its order and its page.
const crumb = document.querySelector("a.crumb");
try {
  const last = sessionStorage.getItem("board:last");
  if (crumb && last && last.split("?")[0] === crumb.getAttribute("href")) crumb.href = last;
} catch { /* storage is closed */ }
