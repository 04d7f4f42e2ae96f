// Fills the parts of a page that are computed after it is shown: each element with `data-panel` holds a
// link to its part, which stays where the part cannot be had.
//
// Once a part is in, the event `panel` is sent from its element, for scripts that draw what it holds.

import { element } from "./element.js";
import { enhance } from "./table.js";
import { text } from "./texts.js";

/** How often a part is asked for again while the server is busy, and after how many milliseconds. */
const [TRIES, PAUSE] = [8, 2500];

/** Fetches a part, again a little later where the caller has too much running already. */
async function fetched(address) {
  for (let left = TRIES; ; left--) {
    const response = await fetch(address, { headers: { Accept: "text/html" } });
    if (!response.headers.has("Retry-After") || !left) return response;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

async function fill(panel) {
  const address = new URL(panel.dataset.panel, location);
  address.searchParams.set("part", "1");
  panel.setAttribute("aria-busy", "true");
  try {
    const response = await fetched(address);
    const content = new DOMParser().parseFromString(await response.text(), "text/html");
    // What the server tells as a page says in its content what happened.
    panel.classList.add("filled");
    panel.replaceChildren(...(content.querySelector("main") ?? content.body).childNodes);
    panel.querySelectorAll("table[data-sorts]").forEach(enhance);
    panel.dispatchEvent(new CustomEvent("panel", { bubbles: true }));
  } catch (error) {
    panel.replaceChildren(element("p", { class: "note" }, text("script.failed", { reason: error.message })));
  } finally {
    panel.removeAttribute("aria-busy");
  }
}

export function fillPanels() {
  for (const panel of document.querySelectorAll("[data-panel]")) {
    panel.replaceChildren(element("p", { class: "loading" }, text("script.loading")));
    fill(panel);
  }
}
