// Keeps parts of a page up to date. The server says what changed; the part is then asked for and
// takes the old one's place. Without this file the pages say the same after being opened again.
"use strict";
const IDLE_MINUTES = 30;
const sign = document.querySelector("[data-live-sign]");
let source = null;
let touched = Date.now();

function say(state) {
  if (!sign) return;
  sign.dataset.state = state;
  sign.querySelector("[data-text]").textContent = sign.dataset[state];
  sign.querySelector("button").hidden = state !== "paused";
}

async function renew(part) {
  const answer = await fetch(part.dataset.part, { credentials: "same-origin", redirect: "error" });
  if (!answer.ok) throw new Error(String(answer.status));
  const template = document.createElement("template");
  template.innerHTML = await answer.text();
  const fresh = template.content.querySelector(`#${CSS.escape(part.id)}`);
  // Whoever is typing or choosing something there keeps it.
  if (!fresh || part.contains(document.activeElement)) return;
  const scrolled = [...part.querySelectorAll(".scroll")].map((each) => each.scrollLeft);
  part.replaceWith(fresh);
  fresh.querySelectorAll(".scroll").forEach((each, place) => {
    each.scrollLeft = scrolled[place] || 0;
  });
}

function open() {
  source = new EventSource(document.body.dataset.events);
  source.addEventListener("ready", () => say("live"));
  source.addEventListener("changed", async (event) => {
    const topics = event.data.split(" ");
    for (const part of document.querySelectorAll("[data-part]")) {
      if (!part.dataset.on.split(" ").some((topic) => topics.includes(topic))) continue;
      try {
        await renew(part);
        say("live");
      } catch {
        say("stale");
      }
    }
  });
  source.addEventListener("error", () => {
    say("offline");
    // A browser gives up where it is told to sign in; everything else it tries again itself.
    if (source.readyState === EventSource.CLOSED) setTimeout(open, 10000);
  });
}

function pause() {
  source.close();
  say("paused");
}

if (document.querySelector("[data-part]") && sign) {
  sign.hidden = false;
  say("connecting");
  open();
  for (const kind of ["pointerdown", "pointermove", "keydown", "scroll"]) {
    document.addEventListener(kind, () => (touched = Date.now()), { passive: true });
  }
  // A page that nobody looks at must not keep somebody signed in.
  setInterval(() => {
    const idle = Date.now() - touched > IDLE_MINUTES * 60000;
    if (idle && source.readyState !== EventSource.CLOSED) pause();
  }, 30000);
  sign.querySelector("button").addEventListener("click", () => {
    touched = Date.now();
    location.reload();
  });
}
