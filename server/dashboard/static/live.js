// Keeps parts of a page up to date. The server says what changed; the part is then asked for and
// takes the old one's place. Without this file the pages say the same after being opened again.
"use strict";
const IDLE_MINUTES = 30;
const sign = document.querySelector("[data-live-sign]");
// What a reader did to a part stays as it was.
const KEPT = [
  [".scroll", "scrollLeft"],
  ["details", "open"],
];
const FOCUSABLE = (part) => [...part.querySelectorAll("a, button, summary, [tabindex]")];
const PATIENCE = 3500;
let source = null;
let opened = false;
let waiting = 0;
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
  const active = document.activeElement;
  const within = part.contains(active);
  // Whoever is typing or choosing something there keeps it.
  if (!fresh || (within && active.matches("input, textarea, select"))) return;
  const kept = KEPT.map(([selector, property]) =>
    [...part.querySelectorAll(selector)].map((each) => each[property]),
  );
  const place = FOCUSABLE(part).indexOf(active);
  part.replaceWith(fresh);
  KEPT.forEach(([selector, property], which) =>
    fresh.querySelectorAll(selector).forEach((each, at) => {
      if (at < kept[which].length) each[property] = kept[which][at];
    }),
  );
  if (within && place >= 0) FOCUSABLE(fresh)[place]?.focus({ preventScroll: true });
}

async function renewAll(topics) {
  for (const part of document.querySelectorAll("[data-part]")) {
    if (topics && !part.dataset.on.split(" ").some((topic) => topics.includes(topic))) continue;
    try {
      await renew(part);
      say("live");
    } catch {
      say("stale");
    }
  }
}

function open() {
  source = new EventSource(document.body.dataset.events);
  source.addEventListener("ready", () => {
    clearTimeout(waiting);
    waiting = 0;
    say("live");
    // What changed between two streams was told to nobody.
    if (opened) renewAll();
    opened = true;
  });
  source.addEventListener("changed", (event) => renewAll(event.data.split(" ")));
  source.addEventListener("error", () => {
    // A stream that reached its end is asked for again within a moment.
    if (!waiting) waiting = setTimeout(() => say("offline"), PATIENCE);
    // A browser gives up where it is told to sign in; everything else it tries again itself.
    if (source.readyState === EventSource.CLOSED) setTimeout(open, 10000);
  });
}

function pause() {
  clearTimeout(waiting);
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

// A decision may take seconds: its button says so, and cannot be pressed twice.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (event.target.method !== "post" || !button) return;
  // Not before the browser has put the form together.
  setTimeout(() => {
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
  });
});
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button[aria-busy]")) {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
});
