/* The live stream: one EventSource per browser, shared by its tabs.
   On document it fires  live:<kind>  {topic, kind, id, seq},  live:state {up}  and  live:reset.
   Elements ask to be refreshed by attributes; each gets "live-refresh" (debounced, with jitter):
     data-live-row="case:12" data-live-seq="5"   when case 12 moves past seq 5
     data-live-kinds="case order"                when any case or order moves
     data-live-later                             beside it: counts, which let what moved itself go first
   The page's own address, asked again every few minutes, renews the right to listen. */
(() => {
  "use strict";
  if (!("EventSource" in window)) return;

  const RENEW = 8 * 60e3;
  const SILENCE = 40e3;
  const PAUSE = 3e3; // a list or a count is not asked for again sooner
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("live") : null;
  const jitter = (low, high) => low + Math.random() * (high - low);
  let source = null;
  let leading = false;
  let stopped = false;
  let last = "";
  let up = false;
  let heard = 0;
  let failures = 0;
  let reopening = 0;

  const fire = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

  /* --- what every tab does with a message --- */

  const waiting = new Map();
  const asked = new WeakMap();
  function refresh(element, low, high, pause = 0) {
    if (waiting.has(element)) return;
    const rest = (asked.get(element) ?? -pause) + pause - performance.now();
    waiting.set(element, setTimeout(() => {
      waiting.delete(element);
      asked.set(element, performance.now());
      if (element.isConnected) element.dispatchEvent(new CustomEvent("live-refresh", { bubbles: true }));
    }, Math.max(rest, jitter(low, high))));
  }

  function take(message) {
    if (message.type === "hint") {
      const hint = message.hint;
      last = message.last || last;
      fire("live:" + hint.kind, hint);
      for (const row of document.querySelectorAll("[data-live-row]")) {
        if (row.dataset.liveRow !== hint.kind + ":" + hint.id) continue;
        if (Number(row.dataset.liveSeq || -1) < Number(hint.seq)) refresh(row, 0, 200);
      }
      for (const list of document.querySelectorAll("[data-live-kinds]")) {
        if (!list.dataset.liveKinds.split(" ").includes(hint.kind)) continue;
        if ("liveLater" in list.dataset) refresh(list, 1200, 2400, PAUSE);
        else refresh(list, 300, 1200, PAUSE);
      }
    } else if (message.type === "reset") {
      fire("live:reset", {});
      for (const one of document.querySelectorAll("[data-live-kinds], [data-live-row]")) refresh(one, 200, 3000);
    } else if (message.type === "state") {
      if (message.up === up) return;
      up = message.up;
      fire("live:state", { up });
    }
  }

  function tell(message) {
    take(message);
    if (channel) channel.postMessage(message);
  }

  /* --- the leading tab --- */

  function close() {
    if (source) source.close();
    source = null;
  }

  function open() {
    close();
    if (stopped) return;
    let greeted = false;
    heard = Date.now();
    source = new EventSource("/live/" + (last ? "?last=" + encodeURIComponent(last) : ""));
    const on = (name, act) => source.addEventListener(name, (event) => {
      heard = Date.now();
      act(event);
    });
    on("hello", (event) => {
      greeted = true;
      failures = 0;
      tell({ type: "state", up: JSON.parse(event.data).up });
    });
    on("hint", (event) => tell({ type: "hint", hint: JSON.parse(event.data), last: event.lastEventId }));
    on("reset", () => tell({ type: "reset" }));
    on("state", (event) => tell({ type: "state", up: JSON.parse(event.data).up }));
    on("ping", () => {});
    on("expired", () => again(true));
    on("bye", () => again(true));
    source.onerror = () => again(!greeted);
  }

  function again(renewFirst) {
    close();
    tell({ type: "state", up: false });
    failures += 1;
    const wait = jitter(0.5, 1.5) * Math.min(30e3, 1000 * 2 ** Math.min(failures, 5));
    schedule(wait, renewFirst);
  }

  function schedule(wait, renewFirst) {
    clearTimeout(reopening);
    reopening = setTimeout(async () => {
      if (renewFirst) await renew();
      open();
    }, wait);
  }

  /* --- every tab --- */

  async function renew() {
    try {
      const answer = await fetch(location.href, { method: "HEAD", credentials: "same-origin", cache: "no-store" });
      if (answer.redirected && new URL(answer.url).pathname !== location.pathname) stopped = true;
      return answer.ok;
    } catch {
      return false;
    }
  }

  function lead() {
    leading = true;
    open();
    return new Promise(() => {});
  }

  if (channel) {
    channel.onmessage = ({ data }) => {
      if (data.type === "here") {
        if (leading) {
          channel.postMessage({ type: "state", up });
          schedule(jitter(200, 700), false); // a new page may bring new topics
        }
      } else {
        take(data);
      }
    };
    channel.postMessage({ type: "here" });
  }
  if (channel && navigator.locks) navigator.locks.request("live-stream", lead);
  else lead();

  setInterval(async () => {
    if (stopped || !(await renew())) return;
    if (leading) schedule(0, false);
    else if (channel) channel.postMessage({ type: "here" });
  }, jitter(0.9, 1.1) * RENEW);

  setInterval(() => {
    if (leading && source && Date.now() - heard > SILENCE) again(false);
  }, 10e3);

  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && leading) open();
  });
})();
