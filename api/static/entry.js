// Conveniences of the forms of records: keys complete as one types, days are chosen in a calendar.

import { described, propose, search } from "./combobox.js";
import { element } from "./element.js";
import { text } from "./texts.js";

/** Proposes the records of a kind for a field that holds the key of one, and says which one was chosen. */
function refer(box) {
  const field = box.querySelector("input");
  const told = element("output", { class: "chosen-record", for: field.id });
  box.after(told);
  const take = (option) => {
    field.value = option.dataset.key;
    told.value = option.dataset.label;
    close();
    field.focus();
  };
  const close = propose(field, box.querySelector("[role=listbox]"), {
    look: (words) => search(box.dataset.find, words, { record: box.dataset.refers, source: document.getElementById("keys_of").value }),
    option: (one) => element(
      "span",
      { "data-key": one.key, "data-label": one.label, onmousedown: (event) => event.preventDefault(), onclick: (event) => take(event.currentTarget) },
      ...described(one),
    ),
    take,
  });
  field.addEventListener("input", () => {
    told.value = "";
  });
}

/** Offers a calendar beside a field whose date may also be a month or a year. */
function pickDay(field) {
  const hidden = element("input", { type: "date", class: "calendar", tabindex: -1, "aria-hidden": "true" });
  const button = element("button", { type: "button", class: "second calendar-button", title: text("entry.day"), "aria-label": text("entry.day") }, "▾");
  const box = element("span", { class: "with-button" });
  field.replaceWith(box);
  box.append(field, button, hidden);
  button.addEventListener("click", () => {
    hidden.value = /^\d{4}-\d\d-\d\d$/.test(field.value) ? field.value : "";
    hidden.showPicker();
  });
  hidden.addEventListener("change", () => {
    field.value = hidden.value;
    field.focus();
  });
}

document.querySelectorAll("[data-refers]").forEach(refer);
document.querySelectorAll("[data-picks-day]").forEach(pickDay);

// What is wrong comes first, else what is to be filled.
const first = document.querySelector(".entry [aria-invalid=true]") ?? document.querySelector(".entry .fields input, .entry .fields select");
first?.focus({ preventScroll: !first.matches("[aria-invalid=true]") });
