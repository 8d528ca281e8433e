// A signature by finger: drawn on a canvas, handed to the form's file field as a PNG on white.
const box = () => document.querySelector("[data-sign]");
const WIDTH = 2.6;
function begin(area) {
  const canvas = area.querySelector("canvas");
  const input = area.closest("form").querySelector("input[name=signature]");
  const state = area.querySelector("[data-sign-state]");
  const pen = canvas.getContext("2d");
  const sharp = Math.max(1, devicePixelRatio || 1);
  let down = null;
  let inked = 0;
  function clean() {
    const size = canvas.getBoundingClientRect();
    canvas.width = Math.max(1, Math.round(size.width * sharp));
    canvas.height = Math.max(1, Math.round(size.height * sharp));
    pen.fillStyle = "#ffffff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.strokeStyle = "#17202b";
    pen.lineWidth = WIDTH * sharp;
    pen.lineCap = pen.lineJoin = "round";
    inked = 0;
    input.value = "";
    state.textContent = "";
  }
  const at = (e) => { const size = canvas.getBoundingClientRect(); return [(e.clientX - size.left) * sharp, (e.clientY - size.top) * sharp]; };
  canvas.addEventListener("pointerdown", (e) => { e.preventDefault(); canvas.setPointerCapture(e.pointerId); down = at(e); });
  canvas.addEventListener("pointermove", (e) => {
    if (!down) return;
    // All points since the last frame: a quick hand leaves no corners.
    for (const one of e.getCoalescedEvents?.() ?? [e]) {
      const to = at(one);
      pen.beginPath();
      pen.moveTo(...down);
      pen.lineTo(...to);
      pen.stroke();
      inked += Math.hypot(to[0] - down[0], to[1] - down[1]);
      down = to;
    }
  });
  const up = () => {
    if (!down) return;
    down = null;
    if (inked < 40 * sharp) return; // a touch is no signature
    canvas.toBlob((blob) => {
      if (!blob || !inked) return;
      const bag = new DataTransfer();
      bag.items.add(new File([blob], "signature.png", { type: "image/png" }));
      input.files = bag.files;
      state.textContent = state.dataset.wDone;
    }, "image/png");
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  area.querySelector("[data-sign-clear]").addEventListener("click", clean);
  clean();
}
function start() {
  const area = box();
  if (!area || area.dataset.ready) return;
  area.dataset.ready = "1";
  begin(area);
}
start();
document.addEventListener("look:changed", start);
