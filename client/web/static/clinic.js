// Terms are searched as one writes: arrows go through what was found, Enter takes one, Escape closes.
"use strict";
const WAIT = 120;
for (const field of document.querySelectorAll("[data-terms]")) enhance(field);
for (const input of document.querySelectorAll("[data-diseases]")) suggest(input);
const first = document.querySelector("[data-first]");
if (first) first.focus();
const form = document.querySelector("form[data-case]");
if (form) form.addEventListener("keydown", onward);

// Enter goes to the next field: a case that is sent half filled in is an answer on record.
function onward(event) {
  const plain = event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.defaultPrevented;
  if (!plain || !event.target.matches("input, select")) return;
  event.preventDefault();
  const controls = [...form.querySelectorAll("input:not([type=hidden]), select, textarea, button")];
  const reachable = controls.filter((each) => each.type !== "radio" || each.checked);
  reachable[reachable.indexOf(event.target) + 1]?.focus();
}

function enhance(field) {
  const name = field.dataset.terms;
  const input = field.querySelector("input[type=text]");
  const list = field.querySelector(".matches");
  const chosen = field.querySelector(".chosen");
  const status = field.querySelector("[role=status]");
  let found = [], here = -1, asked = 0, timer = 0;
  for (const [key, value] of Object.entries({
    role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id,
  })) input.setAttribute(key, value);

  function close() {
    list.hidden = true;
    list.replaceChildren();
    found = [];
    here = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function point(index) {
    const options = [...list.children];
    if (!options.length) return;
    here = (index + options.length) % options.length;
    options.forEach((each, place) => each.setAttribute("aria-selected", String(place === here)));
    input.setAttribute("aria-activedescendant", options[here].id);
    options[here].scrollIntoView({ block: "nearest" });
  }

  function take(match) {
    const taken = [...chosen.querySelectorAll("input")].some((each) => each.value === match.code);
    if (!taken) chosen.append(entry(name, match));
    status.textContent = field.dataset.added.replace("#", match.name);
    input.value = "";
    asked += 1;
    close();
    input.focus();
  }

  function show(matches) {
    close();
    found = matches;
    const known = matches.length === 1 ? field.dataset.one : field.dataset.many;
    status.textContent = matches.length ? known.replace("#", matches.length) : field.dataset.none;
    if (!matches.length) return;
    matches.forEach((match, index) => list.append(option(`${name}-option-${index}`, match)));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    point(0);
  }

  async function search() {
    const text = input.value.trim();
    const mine = (asked += 1);
    if (text.length < 2) return close();
    try {
      const query = new URLSearchParams({ feature: name, q: text });
      const reply = await fetch(`${field.dataset.address}?${query}`, { credentials: "same-origin" });
      if (!reply.ok) throw new Error(String(reply.status));
      const matches = await reply.json();
      if (mine === asked) show(matches);
    } catch {
      if (mine === asked) {
        close();
        status.textContent = field.dataset.failed;
      }
    }
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, WAIT);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) search();
      else point(here + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      // Enter in a search box never sends the form.
      event.preventDefault();
      if (!list.hidden && here >= 0) take(found[here]);
      else search();
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if (event.key === "Backspace" && !input.value && chosen.lastElementChild) {
      remove(chosen.lastElementChild);
    }
  });
  input.addEventListener("blur", () => setTimeout(close, 150));
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const item = event.target.closest("[role=option]");
    if (item) take(found[[...list.children].indexOf(item)]);
  });
  chosen.addEventListener("change", (event) => remove(event.target.closest("li")));

  function remove(item) {
    status.textContent = field.dataset.removed.replace("#", item.querySelector("span").textContent);
    item.remove();
    input.focus();
  }
}

// Diseases are suggested as one writes; the browser shows the list.
function suggest(input) {
  const list = document.getElementById(input.getAttribute("list"));
  let timer = 0, asked = 0;
  async function search() {
    const mine = (asked += 1);
    const query = new URLSearchParams({ q: input.value.trim() });
    try {
      const reply = await fetch(`${input.dataset.diseases}?${query}`, { credentials: "same-origin" });
      const found = reply.ok ? await reply.json() : [];
      if (mine !== asked || !found.length) return;
      list.replaceChildren(...found.map((text) => Object.assign(document.createElement("option"), { value: text })));
    } catch {
      // Without suggestions a whole name or a code will do.
    }
  }
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, WAIT);
  });
}

function option(id, match) {
  const item = document.createElement("li");
  item.id = id;
  item.setAttribute("role", "option");
  item.append(span(match.name), " ", span(match.code, "mono"));
  if (match.matched !== match.name && match.matched !== match.code) {
    item.append(" ", span(match.matched, "muted"));
  }
  return item;
}

function entry(name, match) {
  const item = document.createElement("li");
  const label = document.createElement("label");
  const box = document.createElement("input");
  Object.assign(box, { type: "checkbox", name: `t.${name}`, value: match.code, checked: true });
  label.append(box, " ", span(match.name), " ", span(match.code, "mono"));
  item.append(label);
  return item;
}

function span(text, kind = "") {
  const found = document.createElement("span");
  found.textContent = text;
  if (kind) found.className = kind;
  return found;
}
