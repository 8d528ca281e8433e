// Rows of the board that moved are asked for together, one request at a time: more changes make it longer, not more.
// A row keeps its element, its tick and the focus; only what stands in it is new.
const GATHER = 60; // ms in which changes come together
const REST = 250; // ms after an answer; a server that needs longer is left in peace for longer
const RETRY = 5000;
const words = document.getElementById("look-words")?.dataset ?? {};
const toast = (text, kind) => document.dispatchEvent(new CustomEvent("look:toast", { detail: { text, kind } }));
const moved = new Set();
let timer = 0;
let asking = false;

document.addEventListener("live-refresh", (e) => {
  if (!e.target.matches("#board [data-row]")) return;
  moved.add(e.target.id.replace("case-", ""));
  soon(GATHER);
});

function soon(wait) {
  if (!asking) timer ||= setTimeout(ask, wait);
}

async function ask() {
  timer = 0;
  const place = document.getElementById("board");
  const ids = [...moved].filter((pk) => document.getElementById(`case-${pk}`)).slice(0, 200);
  moved.clear();
  if (!place || !ids.length) return;
  asking = true;
  const began = performance.now();
  let rest = REST;
  try {
    const answer = await fetch(`${place.dataset.rows}?ids=${ids.join(",")}`, { credentials: "same-origin" });
    if (answer.redirected) toast(words.wE401, "error");
    else if (answer.ok) put(ids, await answer.text());
    else throw new Error(answer.status);
  } catch {
    ids.forEach((pk) => moved.add(pk)); // the head says that the line is lost; the rows are asked for again
    rest = RETRY;
  }
  asking = false;
  if (moved.size) soon(Math.max(rest, performance.now() - began));
}

function put(ids, html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  for (const pk of ids) {
    const row = document.getElementById(`case-${pk}`);
    const now = fresh.content.getElementById(`case-${pk}`);
    if (row && now) renew(row, now);
    else row?.classList.add("is-gone"); // not for these eyes any more
  }
  document.dispatchEvent(new Event("look:changed"));
}

function renew(row, now) {
  if (Number(now.dataset.liveSeq) < Number(row.dataset.liveSeq)) return;
  const focused = row.contains(document.activeElement) ? document.activeElement : null;
  const ticked = row.querySelector("[data-pick]")?.checked;
  row.dataset.order = now.dataset.order;
  row.classList.toggle("is-gone", now.classList.contains("is-gone"));
  row.replaceChildren(...now.children);
  const box = row.querySelector("[data-pick]");
  if (box && ticked) box.checked = true;
  row.dataset.liveSeq = now.dataset.liveSeq;
  if (focused) (document.getElementById(focused.id) ?? row.querySelector("[data-open]"))?.focus({ preventScroll: true });
}
