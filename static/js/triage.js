// Triage by keys: a number goes to its block and then through what is offered there; a letter chooses the decision and
// goes to what that one still needs; Ctrl+Enter decides from within a text.
const form = document.getElementById("triage-form");
const button = document.getElementById("decide");
const seen = (el) => el.getClientRects().length > 0 && !el.disabled;

// --- numbers: into a block, then on to the next choice in it ---
function choices(block) {
  return [...block.querySelectorAll("input[type=radio], input[type=checkbox]")].filter(seen);
}
function enter(block) {
  const all = choices(block);
  const now = all.indexOf(document.activeElement);
  if (!all.length) { block.focus(); return; }
  if (now < 0) {
    (all.find((el) => el.checked) ?? all[0]).focus();
  } else {
    const next = all[(now + 1) % all.length];
    next.focus();
    if (next.type === "radio") next.click();
  }
  document.activeElement.scrollIntoView({ block: "nearest" });
}
document.addEventListener("focusin", (e) => {
  // keys.js moves the focus to the block of a number; from there on to what is chosen in it.
  if (e.target.matches?.("#triage-form [data-cycle]")) enter(e.target);
  if (e.target.matches?.("#triage-form [data-key='5']")) document.getElementById("id_brief")?.focus();
});
document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || e.defaultPrevented) return;
  const block = e.target.closest?.("#triage-form [data-cycle]");
  if (!block || !e.target.matches("input[type=radio], input[type=checkbox]")) return;
  if (e.key === block.dataset.key) {
    e.preventDefault();
    e.stopImmediatePropagation();
    enter(block);
  } else if (e.target.type === "checkbox" && (e.key === "ArrowDown" || e.key === "ArrowUp")) {
    e.preventDefault();
    const all = choices(block).filter((el) => el.type === "checkbox");
    const to = all.indexOf(e.target) + (e.key === "ArrowDown" ? 1 : -1);
    all[Math.min(Math.max(to, 0), all.length - 1)].focus();
  } else if (e.key === "Enter") {
    e.preventDefault();
    decide();
  }
}, true);

// --- a decision: what the button says, and where the hands go next ---
function told() {
  const chosen = form.querySelector("[name=disposition]:checked");
  const into = form.querySelector("[name=into]:checked");
  const words = button.querySelector("[data-says-now]");
  if (!chosen) return;
  words.textContent = chosen.value === "joined" && into ? `${chosen.dataset.says} · ${into.dataset.ref}` : chosen.dataset.says;
}
function forward(disposition) {
  if (disposition === "joined") {
    const cases = [...form.querySelectorAll("[name=into]")].filter(seen);
    if (cases.length && !cases.some((el) => el.checked)) { cases[0].focus(); cases[0].click(); }
    return;
  }
  for (const part of form.querySelectorAll("[data-when^='disposition=']")) {
    if (!part.dataset.when.slice(12).split("|").includes(disposition)) continue;
    const empty = [...part.querySelectorAll("select, textarea, input[type=text]")].find((el) => seen(el) && !el.value && el.name !== "hour_from");
    if (empty) { empty.focus(); empty.scrollIntoView({ block: "center" }); return; }
  }
}
form.addEventListener("change", (e) => {
  if (e.target.name === "disposition") queueMicrotask(() => { told(); forward(e.target.value); });
  if (e.target.name === "into") {
    const joined = form.querySelector("[name=disposition][value=joined]");
    if (!joined.checked) { joined.checked = true; joined.dispatchEvent(new Event("change", { bubbles: true })); }
    told();
  }
});
told();
form.dataset.ready = "1"; // keys work from here on

// --- deciding waits for agencies that are on their way ---
let waiting = 0;
let wanted = false;
const concerns = (e) => e.detail.target?.id === "agencies-all";
document.addEventListener("htmx:beforeRequest", (e) => { if (concerns(e)) waiting += 1; });
document.addEventListener("htmx:afterRequest", (e) => {
  if (!concerns(e)) return;
  waiting = Math.max(0, waiting - 1);
  if (!waiting && wanted) setTimeout(decide, 30); // after the swap
});
function decide() {
  if (waiting) { wanted = true; return; }
  wanted = false;
  form.requestSubmit(button);
}
button.addEventListener("click", (e) => { if (waiting) { e.preventDefault(); wanted = true; } });
form.addEventListener("keydown", (e) => {
  if (e.isComposing || e.key !== "Enter") return;
  if (e.ctrlKey || e.metaKey) { e.preventDefault(); decide(); return; }
  if (!e.target.matches("input:not([type=radio], [type=checkbox])")) return;
  e.preventDefault(); // the first button of the form is not the one that is meant
  if (e.target.name === "party_text") {
    const first = form.querySelector("#party-found input");
    if (first) { first.focus(); first.click(); }
  } else decide();
});
