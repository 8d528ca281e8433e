// An urgent call: the banner on top of every page, with a sound once per call and browser, and the phone shakes.
// Browsers give sound only after a first touch; a call that came before it sounds with that touch.
const SILENT = "field-silent";
const HEARD = "field-heard";
const words = document.getElementById("field-words")?.dataset ?? {};
let audio = null;
const get = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
const set = (key, value) => { try { localStorage.setItem(key, value); } catch { /* closed */ } };
const silent = () => get(SILENT) === "1";

function tone(at, pitch, length) {
  const swing = audio.createOscillator();
  const level = audio.createGain();
  swing.type = "triangle";
  swing.frequency.value = pitch;
  level.gain.setValueAtTime(0.0001, at);
  level.gain.exponentialRampToValueAtTime(0.6, at + 0.03);
  level.gain.exponentialRampToValueAtTime(0.0001, at + length);
  swing.connect(level).connect(audio.destination);
  swing.start(at);
  swing.stop(at + length);
}
function sound() {
  if (!audio || audio.state !== "running") return false;
  for (let i = 0; i < 3; i += 1) {
    tone(audio.currentTime + i * 0.9, 988, 0.35);
    tone(audio.currentTime + i * 0.9 + 0.38, 740, 0.4);
  }
  navigator.vibrate?.([300, 150, 300, 150, 600]);
  return true;
}
// One tab sounds, the one in front if there is one: a tab behind waits a moment and looks whether another did.
async function call() {
  const box = document.querySelector("[data-whistle]");
  if (!box || silent() || !audio || audio.state !== "running") return;
  const id = box.dataset.whistle;
  if (document.hidden) await new Promise((done) => setTimeout(done, 1200));
  const claim = () => {
    const heard = (get(HEARD) ?? "").split(" ").filter(Boolean);
    if (!document.querySelector(`[data-whistle="${CSS.escape(id)}"]`)) return; // taken up meanwhile
    if (heard.includes(id)) { box.dataset.sound ??= "elsewhere"; return; }
    set(HEARD, [...heard.slice(-20), id].join(" "));
    box.dataset.sound = sound() ? "here" : "";
  };
  if (navigator.locks) await navigator.locks.request("field-whistle", claim);
  else claim();
}
async function wake() {
  if (audio?.state === "running") return;
  const Kind = window.AudioContext ?? window.webkitAudioContext;
  if (!Kind) return;
  audio ??= new Kind();
  try { await audio.resume(); } catch { return; }
  call();
}
for (const name of ["pointerdown", "keydown", "touchend"]) addEventListener(name, wake, { passive: true });
document.addEventListener("htmx:afterSettle", call);
document.addEventListener("visibilitychange", () => { if (!document.hidden) call(); });
call();

// The setting, on the page "me"
const choice = document.querySelector("[data-silent]");
if (choice) {
  choice.checked = !silent();
  choice.addEventListener("change", () => set(SILENT, choice.checked ? "0" : "1"));
}
document.querySelector("[data-sound-try]")?.addEventListener("click", async () => {
  await wake();
  if (sound()) document.dispatchEvent(new CustomEvent("look:toast", { detail: { text: words.wHeard } }));
});
