// Suggestions under the search field, as one types: arrows choose, Enter goes there, Escape closes.

import { element } from "./element.js";
import { text } from "./texts.js";

const PAUSE = 150;
const SHORTEST = 2;

export function suggest(form) {
  const field = form.querySelector("input[type=search]");
  const list = form.querySelector("[role=listbox]");
  let waiting = 0;
  let asked = 0;
  let chosen = -1;

  Object.entries({
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-controls": list.id,
    "aria-expanded": "false",
  }).forEach(([name, value]) => field.setAttribute(name, value));

  function close() {
    list.hidden = true;
    chosen = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  }

  function choose(place) {
    const options = [...list.children];
    chosen = (place + options.length) % options.length;
    options.forEach((option, at) => option.setAttribute("aria-selected", at === chosen));
    options[chosen].scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", options[chosen].id);
  }

  function show(found) {
    const options = found.map((one, at) => {
      const told = [one.kind, one.key, [one.label, one.key].includes(one.matched) ? "" : one.matched];
      return element(
        "a",
        { role: "option", id: `found-${at}`, href: one.address, tabindex: -1, "aria-selected": "false" },
        one.label,
        element("small", {}, told.filter(Boolean).join(" · ")),
      );
    });
    const nothing = element("div", { role: "option", "aria-disabled": "true", "aria-selected": "false" }, text("script.nothing"));
    list.replaceChildren(...(options.length ? options : [nothing]));
    chosen = -1;
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
  }

  async function ask() {
    const words = field.value.trim();
    if (words.length < SHORTEST) return close();
    const turn = ++asked;
    const address = new URL(form.dataset.find, location);
    address.searchParams.set("q", words);
    const day = form.querySelector("[name=as_of]")?.value;
    if (day) address.searchParams.set("as_of", day);
    const response = await fetch(address, { headers: { Accept: "application/json" } });
    // Only the answer to what was typed last counts, and none once the field is left.
    if (turn !== asked || !response.ok || document.activeElement !== field) return;
    show((await response.json()).found);
  }

  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => ask().catch(close), PAUSE);
  });
  field.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(event.key === "ArrowDown" ? chosen + 1 : Math.max(chosen, 0) - 1);
    } else if (event.key === "Enter" && chosen >= 0 && list.children[chosen].href) {
      event.preventDefault();
      location.assign(list.children[chosen].href);
    } else if (event.key === "Escape") {
      close();
    }
  });
  form.addEventListener("focusout", (event) => {
    if (!form.contains(event.relatedTarget)) close();
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable=true]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      field.focus();
    }
  });
}
