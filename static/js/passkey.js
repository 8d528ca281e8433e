// Passkeys: form[data-passkey] is "create" or "get". What the browser shall do stands in data-options (JSON), or comes from
// data-options-url; the browser's answer goes out in the form's own hidden field. What went wrong is said beside the button.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const known = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

function wishes({ publicKey: p }) {
  const made = { ...p, challenge: bytes(p.challenge) };
  if (p.user) made.user = { ...p.user, id: bytes(p.user.id) };
  if (p.excludeCredentials) made.excludeCredentials = known(p.excludeCredentials);
  if (p.allowCredentials) made.allowCredentials = known(p.allowCredentials);
  return made;
}
function told(found) {
  const r = found.response;
  const response = { clientDataJSON: text(r.clientDataJSON) };
  if (r.attestationObject) {
    response.attestationObject = text(r.attestationObject);
    response.transports = r.getTransports?.() ?? [];
  } else {
    response.authenticatorData = text(r.authenticatorData);
    response.signature = text(r.signature);
    response.userHandle = r.userHandle ? text(r.userHandle) : null;
  }
  return { id: found.id, rawId: text(found.rawId), type: found.type, response, clientExtensionResults: found.getClientExtensionResults() };
}
async function options(form) {
  if (form.dataset.options) return JSON.parse(form.dataset.options);
  const answer = await fetch(form.dataset.optionsUrl, { headers: { Accept: "application/json" }, cache: "no-store", credentials: "same-origin" });
  if (!answer.ok) throw new Error("no options");
  return (await answer.json()).request_options;
}
async function ask(form, button) {
  const said = form.querySelector("[data-passkey-said]");
  const say = (key) => { said.textContent = key ? form.dataset[key] : ""; said.hidden = !key; };
  say("");
  if (!window.PublicKeyCredential) { say("saidNone"); return; }
  button.disabled = true;
  try {
    const publicKey = wishes(await options(form));
    if (form.dataset.passkey === "create") {
      // It opens the door by itself: the device keeps the account's name with it and checks a finger, a face or a PIN.
      publicKey.authenticatorSelection = { ...publicKey.authenticatorSelection, residentKey: "required", requireResidentKey: true, userVerification: "required" };
    }
    const found = await navigator.credentials[form.dataset.passkey]({ publicKey });
    form.elements.credential.value = JSON.stringify(told(found));
    button.disabled = false;
    form.requestSubmit(button.type === "submit" ? button : undefined);
  } catch (error) {
    button.disabled = false;
    say({ NotAllowedError: "saidRefused", InvalidStateError: "saidThere", SecurityError: "saidNone" }[error.name] ?? "saidFailed");
  }
}
document.addEventListener("click", (e) => {
  const button = e.target.closest("[data-passkey-go]");
  if (button) ask(document.getElementById(button.dataset.passkeyGo), button);
});
