// Suggestions under the search field of every page; one that is chosen is gone to.

import { described, propose, search } from "./combobox.js";
import { element } from "./element.js";

export function suggest(form) {
  const field = form.querySelector("input[type=search]");
  propose(field, form.querySelector("[role=listbox]"), {
    look: (words) => search(form.dataset.find, words, { as_of: form.querySelector("[name=as_of]")?.value }),
    option: (one) => element("a", { href: one.address, tabindex: -1 }, ...described(one)),
    take: (option) => location.assign(option.href),
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable=true]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      field.focus();
    }
  });
}
