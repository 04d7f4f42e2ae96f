// Leaves of a list the items that have what is typed above it, whatever its accents.

import { fold } from "./texts.js";

for (const input of document.querySelectorAll("input[data-filters]")) {
  const list = document.getElementById(input.dataset.filters);
  const items = [...list.children].map((item) => ({ item, words: fold(item.textContent) }));
  const none = document.getElementById(`${list.id}-none`);
  input.addEventListener("input", () => {
    const wanted = fold(input.value).split(/\s+/);
    for (const { item, words } of items) item.hidden = !wanted.every((word) => words.includes(word));
    none.hidden = items.some(({ item }) => !item.hidden);
  });
}
