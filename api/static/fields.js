// What browsers say of fields in their own language is said in the page's.

import { element } from "./element.js";
import { day, language, text } from "./texts.js";

/** Says which files are chosen; the field lies over it, unseen, and takes clicks, files dropped and the focus. */
export function tellFiles(input) {
  const told = element("span", { class: "chosen" });
  const tell = () => {
    const names = [...input.files].map((one) => one.name);
    told.textContent = names.length ? names.join(", ") : text("script.no_file");
  };
  const button = element("span", { class: "button second" }, text(input.multiple ? "script.choose_files" : "script.choose_file"));
  const box = element("span", { class: "file" });
  input.replaceWith(box);
  // The field itself is read out with its label and its files.
  box.append(element("span", { class: "shown", "aria-hidden": true }, button, told), input);
  input.addEventListener("change", tell);
  input.form?.addEventListener("reset", () => setTimeout(tell));
  tell();
}

/** Writes the day of a field as the page does, where the browser writes it in another language. */
export function tellDay(input) {
  if (navigator.language.split("-")[0] === language) return;
  const told = element("output", { class: "day", for: input.id });
  const tell = () => {
    told.value = input.value && day(input.value);
  };
  input.after(told);
  input.addEventListener("input", tell);
  tell();
}

/** Says in the page's language that a field has to be filled in. */
export function tellMissing() {
  document.addEventListener("invalid", ({ target }) => {
    if (target.validity.valueMissing) target.setCustomValidity(text(target.type === "file" ? "script.file_needed" : "script.needed"));
  }, true);
  document.addEventListener("input", ({ target }) => target.setCustomValidity?.(""), true);
}
