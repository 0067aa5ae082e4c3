// Keyboard: j and k go through what is marked, digits choose an answer, Ctrl+Enter sends the form.
"use strict";
document.addEventListener("keydown", (event) => {
  const target = event.target;
  const form = document.querySelector("form[data-answer]");
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && form) {
    event.preventDefault();
    form.requestSubmit(form.querySelector("button.first"));
    return;
  }
  const writes = target.matches("textarea, select, input:not([type=radio])");
  if (writes || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "j" || event.key === "k") go(event.key === "j" ? 1 : -1);
  const choice = form && form.querySelector(`input[data-key="${CSS.escape(event.key)}"]`);
  if (choice) {
    choice.checked = true;
    choice.focus();
    event.preventDefault();
  }
});

function go(step) {
  const link = document.querySelector(step > 0 ? "a[data-next]" : "a[data-previous]");
  if (link) {
    link.click();
    return;
  }
  const rows = [...document.querySelectorAll("a[data-row]")];
  const here = rows.indexOf(document.activeElement);
  const next = rows[here < 0 ? 0 : Math.min(Math.max(here + step, 0), rows.length - 1)];
  if (next) next.focus();
}
