// Photos that have not arrived yet outlive a closed page: kept in this browser's own database, one a person, a day long.
// Where the browser has none, nothing is kept, and the page warns before it is closed.
const DAY = 86400000;
const MOST = 40;
const who = document.body.dataset.user || "-";
const everybody = Boolean(document.querySelector("[data-anybody]")); // without a signal nobody is signed in
const name = (person) => `photos:${person}`;
const told = () => document.dispatchEvent(new Event("shelf:changed"));

function open(database) {
  return new Promise((done, failed) => {
    const asked = indexedDB.open(database, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("photos", { keyPath: "id", autoIncrement: true });
    asked.onsuccess = () => { asked.result.onversionchange = () => asked.result.close(); done(asked.result); };
    asked.onerror = asked.onblocked = () => failed(asked.error);
  });
}
async function work(database, mode, ask) {
  const base = await open(database);
  try {
    return await new Promise((done, failed) => {
      const turn = base.transaction("photos", mode);
      const asked = ask(turn.objectStore("photos"));
      turn.oncomplete = () => done(asked.result);
      turn.onerror = turn.onabort = () => failed(turn.error);
    });
  } finally { base.close(); }
}
const write = (ask) => work(name(who), "readwrite", ask);
async function rows(database) {
  const found = await work(database, "readonly", (store) => store.getAll());
  const old = found.filter((one) => Date.now() - one.at > DAY);
  for (const one of old) await work(database, "readwrite", (store) => store.delete(one.id));
  return found.filter((one) => !old.includes(one));
}

let settled = Promise.resolve();
globalThis.photoShelf = {
  // place: which box of which page; facts: key, page, what, party. Answers the id, or 0 where nothing can be kept.
  async put(place, file, facts) {
    try {
      if ((await rows(name(who))).length >= MOST) return 0;
      const id = await write((store) => store.add({ place, file, at: Date.now(), ...facts }));
      told();
      return id;
    } catch { return 0; }
  },
  async drop(id) {
    if (!id) return;
    try { await write((store) => store.delete(Number(id))); told(); } catch { /* none is kept */ }
  },
  // They go with their form now; the page that follows takes them off the shelf.
  async ride(ids) {
    try {
      for (const one of await rows(name(who))) if (ids.includes(one.id)) await write((store) => store.put({ ...one, riding: true }));
    } catch { /* none is kept */ }
  },
  async all() {
    await settled;
    try {
      const known = everybody ? (await indexedDB.databases()).map((one) => one.name).filter((one) => one?.startsWith("photos:") && one !== name("-")) : [name(who)];
      return (await Promise.all(known.map(rows))).flat();
    } catch { return []; }
  },
};
// The page says that a form was taken: what rode with it has arrived, before anybody asks what is left.
const places = [...document.querySelectorAll("[data-shelf-taken]")].map((el) => el.dataset.shelfTaken);
if (places.length) {
  settled = rows(name(who)).then((kept) => Promise.all(kept.filter((one) => one.riding && places.includes(one.place))
    .map((one) => globalThis.photoShelf.drop(one.id)))).catch(() => {});
}
