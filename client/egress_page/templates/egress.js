"use strict";
(() => {
  const filters = document.getElementById("filters");
  if (!filters) return;
  const items = [...document.querySelectorAll(".item")];
  const runs = [...document.querySelectorAll(".run")];
  const texts = new Map(items.map((item) => [item, item.querySelector("summary").textContent.toLowerCase()
    + item.querySelector(".details").textContent.toLowerCase()]));
  const value = (name) => filters.elements[name].value;
  const show = () => {
    const wanted = { question: value("question"), outcome: value("outcome"), run: value("run") };
    const text = value("text").trim().toLowerCase();
    const chosen = Boolean(wanted.question || wanted.outcome || text);
    let count = 0;
    for (const item of items) {
      const fits = Object.entries(wanted).every(([name, each]) => !each || item.dataset[name] === each)
        && (!text || texts.get(item).includes(text));
      item.hidden = !fits;
      count += fits ? 1 : 0;
    }
    for (const run of runs) {
      run.hidden = !run.querySelector(".item:not([hidden])");
      if (chosen || wanted.run) run.open = !run.hidden;
    }
    document.getElementById("shown").textContent = String(count);
    document.getElementById("none").hidden = count > 0;
  };
  filters.addEventListener("input", show);
  filters.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("open").addEventListener("click", () => runs.forEach((run) => { run.open = true; }));
  document.getElementById("close").addEventListener("click", () => runs.forEach((run) => { run.open = false; }));
  // Options and placeholders hold one language at a time.
  const speak = () => {
    const language = document.getElementById("language-es").checked ? "es" : "en";
    document.documentElement.lang = language;
    for (const option of filters.querySelectorAll("option[data-en]")) option.textContent = option.dataset[language];
  };
  for (const each of document.getElementsByName("language")) each.addEventListener("change", speak);
  speak();
  filters.hidden = false;
  addEventListener("beforeprint", () => runs.forEach((run) => { run.open = true; }));
})();
