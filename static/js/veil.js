// Fields over a photo: drawn over with a pointer, or walked with the arrow keys. Without this file they are check boxes.
for (const veil of document.querySelectorAll("[data-veil]")) {
  const boxes = [...veil.querySelectorAll("input")];
  const columns = Number(veil.dataset.veil);
  const said = document.querySelector("[data-veil-count]");
  const clear = document.querySelector("[data-veil-clear]");
  const count = () => {
    const n = boxes.filter((box) => box.checked).length;
    said.textContent = said.dataset.words.replace("{n}", n);
    clear.hidden = !n;
  };
  boxes.forEach((box, n) => { box.tabIndex = n ? -1 : 0; }); // one stop for the tabulator

  let marking = null;
  let last = null;
  const under = (x, y) => document.elementFromPoint(x, y)?.closest("[data-veil] label")?.control;
  const mark = (box) => { if (box && !box.disabled) box.checked = marking; };
  function draw(x, y) { // a quick hand sends few points: the fields between them are marked, too
    const step = boxes[0].getBoundingClientRect().width / 3;
    const n = Math.max(1, Math.ceil(Math.hypot(x - last.x, y - last.y) / step));
    for (let k = 1; k <= n; k += 1) mark(under(last.x + ((x - last.x) * k) / n, last.y + ((y - last.y) * k) / n));
    last = { x, y };
    count();
  }
  veil.addEventListener("pointerdown", (e) => {
    const box = under(e.clientX, e.clientY);
    if (!box || box.disabled || e.button) return;
    e.preventDefault();
    marking = !box.checked;
    last = { x: e.clientX, y: e.clientY };
    veil.setPointerCapture(e.pointerId);
    draw(e.clientX, e.clientY);
    box.focus();
  });
  veil.addEventListener("pointermove", (e) => { if (marking !== null) draw(e.clientX, e.clientY); });
  for (const end of ["pointerup", "pointercancel"]) veil.addEventListener(end, () => { marking = null; });
  veil.addEventListener("click", (e) => { if (e.detail) e.preventDefault(); }); // the pointer has marked it already

  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  veil.addEventListener("keydown", (e) => {
    const to = boxes[boxes.indexOf(e.target) + steps[e.key]];
    if (!to) return;
    e.preventDefault();
    e.target.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  });
  veil.addEventListener("change", count);
  clear.addEventListener("click", () => { boxes.forEach((box) => { box.checked = false; }); count(); boxes[0].focus(); });
  count();
}
