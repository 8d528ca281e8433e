// While very many reports arrive: works at the ticket of this page so that its sender need not wait. See web/flood.py.
const slip = document.querySelector("[data-flood]");
const work = document.querySelector("[data-flood-work]");
const zeros = (digest, bits) => new DataView(digest).getUint32(0) >>> (32 - bits) === 0;

async function find(ticket, bits) {
  const text = new TextEncoder();
  for (let n = 0; ; n += 32) {
    const tries = Array.from({ length: 32 }, (_, k) => crypto.subtle.digest("SHA-256", text.encode(`${ticket}:${n + k}`)));
    const hit = (await Promise.all(tries)).findIndex((digest) => zeros(digest, bits));
    if (hit >= 0) return String(n + hit);
  }
}
if (slip && work && globalThis.crypto?.subtle) find(slip.value, Number(slip.dataset.bits)).then((found) => { work.value = found; });
