// Suggestions under a field, as one types: arrows choose, Enter takes what is chosen, Escape closes; the arrow down
// opens them again.

import { element } from "./element.js";
import { text } from "./texts.js";

const PAUSE = 150;
const SHORTEST = 2;

/** Returns the children of an option for a thing that was found: what it is called, and what else tells it. */
export function described(one) {
  const told = [one.kind, one.key, [one.label, one.key].includes(one.matched) ? "" : one.matched];
  return [one.label, element("small", {}, told.filter(Boolean).join(" · "))];
}

/**
 * Proposes things in `list` for what is typed into `field`.
 * `look` answers words with a promise of things, null where it cannot; `option` makes the element of one,
 * which has no role yet; `take` is called with one that was chosen by the keyboard.
 */
export function propose(field, list, { look, option, take }) {
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
    clearTimeout(waiting);
    asked += 1;
    list.hidden = true;
    chosen = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  }

  function choose(place) {
    const options = [...list.children];
    chosen = (place + options.length) % options.length;
    options.forEach((one, at) => one.setAttribute("aria-selected", at === chosen));
    options[chosen].scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", options[chosen].id);
  }

  function show(found) {
    const options = found.map(option);
    if (!options.length) options.push(element("span", { "aria-disabled": "true" }, text("script.nothing")));
    options.forEach((one, at) => {
      one.id = `${list.id}-${at}`;
      one.setAttribute("role", "option");
      one.setAttribute("aria-selected", "false");
    });
    list.replaceChildren(...options);
    chosen = -1;
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
  }

  async function ask() {
    const words = field.value.trim();
    if (words.length < SHORTEST) return close();
    const turn = ++asked;
    const found = await look(words);
    // Only the answer to what was typed last counts, and none once the field is left.
    if (turn === asked && found && document.activeElement === field) show(found);
  }

  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => ask().catch(close), PAUSE);
  });
  field.addEventListener("keydown", (event) => {
    if (list.hidden) {
      if (event.key !== "ArrowDown" || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      ask().catch(close);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(event.key === "ArrowDown" ? chosen + 1 : Math.max(chosen, 0) - 1);
    } else if (event.key === "Enter" && chosen >= 0 && !list.children[chosen].ariaDisabled) {
      event.preventDefault();
      take(list.children[chosen]);
    } else if (event.key === "Escape") {
      event.preventDefault();
      close();
    }
  });
  field.parentElement.addEventListener("focusout", (event) => {
    if (!field.parentElement.contains(event.relatedTarget)) close();
  });
  return close;
}

/** Returns what the search answers. */
export async function search(address, words, more = {}) {
  const asked = new URL(address, location);
  for (const [name, value] of Object.entries({ q: words, ...more })) {
    if (value) asked.searchParams.set(name, value);
  }
  const response = await fetch(asked, { headers: { Accept: "application/json" } });
  return response.ok ? (await response.json()).found : null;
}
