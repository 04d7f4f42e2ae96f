// Conveniences only: every page works without this file.

import { tellDay, tellFiles, tellMissing } from "./fields.js";
import { suggest } from "./find.js";
import { fillPanels } from "./panels.js";
import { watch } from "./stale.js";
import { enhance } from "./table.js";

document.querySelectorAll("form[data-find]").forEach(suggest);
document.querySelectorAll("[data-stale]").forEach(watch);
document.querySelectorAll("table[data-sorts]").forEach(enhance);
document.querySelectorAll("input[type=file]").forEach(tellFiles);
document.querySelectorAll("input[type=date]").forEach(tellDay);
tellMissing();

fillPanels();

// On a narrow screen the menu shows where one is.
const [menu, here] = [".menu", ".menu [aria-current]"].map((one) => document.querySelector(one));
if (here) menu.scrollLeft = here.offsetLeft - menu.clientWidth / 2 + here.offsetWidth / 2;

for (const form of document.querySelectorAll("form[data-sends-itself]")) {
  form.querySelector("button").hidden = true;
  form.addEventListener("change", () => form.reportValidity() && form.requestSubmit());
}

for (const form of document.querySelectorAll("form[data-run-on-ctrl-enter]")) {
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
}

// A query or an import may take a while: say so, and do not send it twice.
for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", (event) => {
    if (form.ariaBusy === "true") {
      event.preventDefault();
      return;
    }
    form.ariaBusy = "true";
  });
}

// Coming back with the browser's button shows the form as it was left, busy.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form")) {
    form.ariaBusy = "false";
  }
});
