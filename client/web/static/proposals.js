// A note is read and a phenopacket opened into the form; nothing is taken that was not chosen.
"use strict";
const bring = document.querySelector("[data-bring]");
if (bring) {
  bring.hidden = false;
  readNotes(bring.querySelector("[data-note]"));
  openPackets(bring.querySelector("[data-packet]"));
}

async function send(address, name, text) {
  const body = new URLSearchParams({ form_token: bring.dataset.token, [name]: text });
  const reply = await fetch(address, { method: "POST", body, credentials: "same-origin" });
  if (!reply.ok) throw new Error(String(reply.status));
  return reply.json();
}

// As the term search does: a term stands in a field once.
function choose(feature, match) {
  const field = document.querySelector(`[data-terms="${CSS.escape(feature)}"]`);
  const chosen = field?.querySelector(".chosen");
  if (!chosen) return false;
  if ([...chosen.querySelectorAll("input")].some((each) => each.value === match.code)) return false;
  chosen.append(entry(feature, match));
  return true;
}

function readNotes(part) {
  const text = part.querySelector("textarea");
  const told = part.querySelector("[role=status]");
  const result = part.querySelector("[data-result]");
  const list = part.querySelector(".proposals");
  const marked = part.querySelector(".marked");
  const shapes = { present: "\u2713", excluded: "\u2715", family: "\u25c7", uncertain: "\u25b2" };
  const meanings = { present: "ok", excluded: "unknown", family: "unknown", uncertain: "attention" };

  async function find() {
    const note = text.value;
    if (!note.trim()) return text.focus();
    try {
      const { findings } = await send(part.dataset.address, "text", note);
      told.textContent = findings.length
        ? part.dataset.found.replace("#", findings.length) : part.dataset.none;
      result.hidden = !findings.length;
      mark(note, findings);
      list.replaceChildren(...once(findings).map(proposal));
      list.querySelector("input")?.focus();
    } catch {
      result.hidden = true;
      told.textContent = part.dataset.failed;
    }
  }

  function state(finding) {
    const found = span(part.dataset[`word${finding.state[0].toUpperCase()}${finding.state.slice(1)}`]);
    found.className = `state ${meanings[finding.state]}`;
    found.dataset.shape = shapes[finding.state];
    return found;
  }

  function mark(note, findings) {
    marked.replaceChildren();
    let place = 0;
    for (const each of findings) {
      // Findings that share a word are one mark.
      if (each.start < place) continue;
      marked.append(note.slice(place, each.start));
      const found = document.createElement("mark");
      found.className = each.state;
      found.append(note.slice(each.start, each.end), " ", state(each));
      marked.append(found);
      place = each.end;
    }
    marked.append(note.slice(place));
  }

  // Of one finding, what is said first of each kind.
  function once(findings) {
    const seen = new Set();
    return findings.filter((each) => {
      const key = `${each.code} ${each.state}`;
      return !seen.has(key) && seen.add(key);
    });
  }

  function proposal(finding) {
    const item = document.createElement("li");
    const label = document.createElement("label");
    if (finding.feature) {
      const box = document.createElement("input");
      Object.assign(box, { type: "checkbox", value: finding.code });
      Object.assign(box.dataset, { feature: finding.feature, name: finding.name, state: finding.state });
      label.append(box, " ");
    }
    label.append(span(finding.name), " ", span(finding.code, "mono muted"), " ", state(finding));
    const why = [`\u201c${finding.text}\u201d`];
    if (finding.cue) why.push(part.dataset.because.replace("#", finding.cue));
    if (finding.recognised === "typing error") why.push(part.dataset.typing);
    label.append(" ", span(why.join(" \u00b7 "), "muted small"));
    item.append(label);
    return item;
  }

  function add() {
    const boxes = [...list.querySelectorAll("input:checked")];
    const added = boxes.filter((box) => choose(box.dataset.feature, {
      code: box.value, name: box.dataset.name,
    }));
    told.textContent = part.dataset.added.replace("#", added.length);
    for (const box of boxes) box.checked = false;
    part.open = boxes.length === 0;
    if (boxes.length) document.querySelector(`[data-terms] input[type=text]`)?.focus();
  }

  part.querySelector("[data-find]").addEventListener("click", find);
  part.querySelector("[data-add]").addEventListener("click", add);
  part.querySelector("[data-all]").addEventListener("click", () => {
    for (const box of list.querySelectorAll("input")) {
      box.checked = ["present", "excluded"].includes(box.dataset.state);
    }
    list.querySelector("input")?.focus();
  });
  // In a note and its findings, Ctrl+Enter goes on with them and does not send the case.
  part.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    if (event.target === text) find();
    else if (!result.hidden) add();
  });
}

function openPackets(part) {
  const input = part.querySelector("input[type=file]");
  const told = part.querySelector("[role=status]");
  const troubles = part.querySelector(".troubles");
  const LARGEST = 8 << 20;

  // Only what is read goes to the node: no names, dates of birth or variants.
  function parts(packet) {
    const kept = ({ type, excluded, onset }) => ({ type, excluded, onset });
    const subject = packet.subject ?? {};
    return {
      id: packet.id,
      subject: { id: subject.id, sex: subject.sex, timeAtLastEncounter: subject.timeAtLastEncounter },
      phenotypicFeatures: (packet.phenotypicFeatures ?? []).map(kept),
    };
  }

  function plain(value) {
    if (Array.isArray(value)) return value.map(plain);
    if (value === null || typeof value !== "object") return value;
    const pairs = Object.entries(value).filter(([key, each]) => key !== "label" && each != null);
    return Object.fromEntries(pairs.map(([key, each]) => [key, plain(each)]));
  }

  function tell(text, problems = []) {
    part.open = true;
    told.textContent = text;
    troubles.replaceChildren(...problems.map((each) => {
      const item = document.createElement("li");
      item.textContent = each;
      return item;
    }));
  }

  async function open(file) {
    if (file.size > LARGEST) return tell(part.dataset.large);
    let packet;
    try {
      packet = JSON.parse(await file.text());
      packet = packet.members || packet.proband ? packet : plain(parts(packet));
    } catch {
      return tell(part.dataset.none);
    }
    try {
      const found = await send(part.dataset.address, "packet", JSON.stringify(packet));
      tell(fill(found), found.problems);
    } catch (error) {
      tell(error.message === "413" || error.message === "422" ? part.dataset.large : part.dataset.failed);
    }
  }

  function fill(found) {
    if (!found.fields) return "";
    const patient = document.getElementById("patient");
    if (patient && !patient.value) patient.value = found.patient;
    let count = 0;
    for (const [name, value] of Object.entries(found.fields)) {
      const radio = document.querySelector(`input[type=radio][name="${CSS.escape(name)}"][value="${CSS.escape(value)}"]`);
      const control = document.querySelector(`[name="${CSS.escape(name)}"]`);
      if (radio) radio.checked = true;
      else if (control) control.value = value;
      count += Boolean(control);
    }
    for (const [feature, terms] of Object.entries(found.terms)) {
      for (const term of terms) count += choose(feature, term);
    }
    return part.dataset.filled.replace("#", count);
  }

  input.addEventListener("change", () => {
    if (input.files.length) open(input.files[0]);
    input.value = "";
  });
  // A file may be dropped anywhere on the page.
  for (const kind of ["dragover", "dragenter"]) {
    document.addEventListener(kind, (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      part.open = true;
      part.classList.add("over");
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) part.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    part.classList.remove("over");
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    open(event.dataTransfer.files[0]);
  });
}
