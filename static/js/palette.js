// The command palette (Ctrl+K): every place, the acts of the page and of the row at hand, and the search. A combobox.
const dialog = document.getElementById("palette");
const opener = document.querySelector("[data-palette]");
const input = dialog?.querySelector("input");
const list = dialog?.querySelector("[role=listbox]");
const status = dialog?.querySelector("[data-palette-n]");
const MOST = 40;
let places = null;
let shown = [];
let chosen = 0;

async function load() {
  if (places) return;
  try {
    const answer = await fetch(opener.href, { headers: { "X-Board": "1" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    places = [...page.querySelectorAll("[data-places]")].flatMap((group) => [...group.querySelectorAll("a")].map((link) => ({
      label: link.textContent, words: `${link.textContent} ${link.dataset.words}`.toLowerCase(), group: group.dataset.places,
      run: () => location.assign(link.getAttribute("href")),
    })));
  } catch { /* no signal: what the page itself offers is still there */ }
}
const textOf = (el) => {
  const copy = el.cloneNode(true);
  copy.querySelectorAll("kbd, svg, .vh").forEach((one) => one.remove());
  return el.dataset.keyLabel || copy.textContent.trim() || el.getAttribute("aria-label") || "";
};
const seen = (el) => el.getClientRects().length > 0 && !el.disabled;
function press(el) {
  el.focus({ preventScroll: true });
  if (!el.matches("input, textarea, select, section, fieldset")) el.click();
}
function acts() {
  const found = [];
  const add = (el, group, label, key, run) => found.push({ label, group: key ? `${group} · ${key.toUpperCase()}` : group, words: label.toLowerCase(), run });
  const row = document.querySelector("[data-row].is-at");
  if (row) {
    const open = row.querySelector("[data-open]");
    if (open) add(open, dialog.dataset.row, open.textContent.trim(), "enter", () => open.click());
    for (const el of row.querySelectorAll("td:last-child .link")) add(el, dialog.dataset.row, textOf(el), el.dataset.key, () => press(el));
  }
  if (row || document.querySelector("[data-pick]:checked")) {
    for (const el of document.querySelectorAll("[data-act]")) {
      add(el, dialog.dataset.row, textOf(el), el.dataset.act, () => document.dispatchEvent(new CustomEvent("board:act", { detail: el.dataset.act })));
    }
  }
  for (const el of document.querySelectorAll("[data-key]")) {
    if (!seen(el) || el.closest("dialog, [data-row]") || !textOf(el)) continue;
    add(el, dialog.dataset.page, textOf(el), el.dataset.key, () => press(el));
  }
  return found;
}
// Every word of the question must stand in the text, as a piece or with its letters in order; lower is better.
function score(words, asked) {
  let sum = 0;
  for (const one of asked) {
    const i = words.indexOf(one);
    if (i >= 0) { sum += i === 0 || words[i - 1] === " " ? 0 : 1 + i / 100; continue; }
    let from = -1;
    let gaps = 0;
    for (const sign of one) {
      const next = words.indexOf(sign, from + 1);
      if (next < 0) return Infinity;
      gaps += from < 0 ? 0 : next - from - 1;
      from = next;
    }
    if (gaps > one.length * 4) return Infinity;
    sum += 5 + gaps;
  }
  return sum;
}
function fill() {
  const text = input.value.trim();
  const asked = text.toLowerCase().split(/\s+/).filter(Boolean);
  const all = [...acts(), ...(places ?? [])];
  shown = asked.length
    ? all.map((item) => [score(item.words, asked), item]).filter(([n]) => n < Infinity).sort((a, b) => a[0] - b[0]).map(([, item]) => item).slice(0, MOST)
    : all.slice(0, MOST);
  if (text) shown.push({ label: dialog.dataset.search.replace("{t}", text), group: "/", run: () => search(text) });
  chosen = 0;
  list.replaceChildren(...shown.map((item, i) => {
    const li = document.createElement("li");
    li.id = `palette-${i}`;
    li.setAttribute("role", "option");
    const label = document.createElement("span");
    // a code (01-16) never breaks at its hyphen
    item.label.split(/(\d+(?:-\d+)+)/).forEach((piece, k) => {
      if (k % 2 === 0) { label.append(piece); return; }
      const code = document.createElement("span");
      code.className = "nw";
      code.textContent = piece;
      label.append(code);
    });
    const group = document.createElement("span");
    group.className = "soft";
    group.textContent = item.group;
    li.append(label, group);
    return li;
  }));
  status.textContent = shown.length > (text ? 1 : 0) ? String(shown.length) : dialog.dataset.none;
  mark();
}
function mark() {
  [...list.children].forEach((li, i) => li.setAttribute("aria-selected", String(i === chosen)));
  const li = list.children[chosen];
  if (li) { input.setAttribute("aria-activedescendant", li.id); li.scrollIntoView({ block: "nearest" }); }
  else input.removeAttribute("aria-activedescendant");
}
function search(text) {
  const box = document.getElementById("q");
  if (!box) return;
  box.value = text;
  box.form.requestSubmit();
}
function run(i) {
  const item = shown[i];
  if (!item) return;
  dialog.close();
  item.run();
}
async function open() {
  if (!dialog?.showModal || document.querySelector("dialog[open]")) return;
  input.value = "";
  dialog.showModal();
  fill();
  input.focus();
  await load();
  fill();
}
if (dialog && opener) {
  document.addEventListener("keydown", (e) => {
    if ((e.ctrlKey || e.metaKey) && !e.altKey && !e.shiftKey && e.key.toLowerCase() === "k") { e.preventDefault(); open(); }
  });
  opener.addEventListener("click", (e) => {
    if (e.ctrlKey || e.metaKey || e.shiftKey || e.button) return;
    e.preventDefault();
    open();
  });
  input.addEventListener("input", fill);
  input.addEventListener("keydown", (e) => {
    if (e.isComposing) return; // Enter then ends the writing of a Chinese word
    const last = shown.length - 1;
    const to = { ArrowDown: Math.min(chosen + 1, last), ArrowUp: Math.max(chosen - 1, 0), PageDown: Math.min(chosen + 8, last), PageUp: Math.max(chosen - 8, 0) }[e.key];
    if (to !== undefined) { e.preventDefault(); chosen = to; mark(); }
    if (e.key === "Enter") { e.preventDefault(); run(chosen); }
  });
  list.addEventListener("click", (e) => run([...list.children].indexOf(e.target.closest("li"))));
}
