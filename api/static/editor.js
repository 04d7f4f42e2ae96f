// The editor of queries: highlighting, and completion from the vocabulary and the data.

import { text } from "./texts.js";
import { Yasqe } from "./vendor/editor.js";

const SHORTEST = 2;
const WORD = /[\p{L}\p{N}_:-]/u;
const NOT_IN = /comment|string|variable/;
const SIMPLE = /^[\p{L}\p{N}_][\p{L}\p{N}_-]*$/u;

/** Puts an editor in the place of a text area, which keeps its text for the form; runs `run` on Ctrl+Enter. */
export function openEditor(area, run) {
  const host = document.createElement("div");
  host.className = "editor";
  area.after(host);
  const height = area.offsetHeight;
  area.hidden = true;
  const editor = new Yasqe(host, {
    value: area.value,
    persistenceId: null,
    createShareableLink: null,
    consumeShareLink: null,
    showQueryButton: false,
    resizeable: false,
    autocompleters: [],
    collapsePrefixesOnLoad: false,
    prefixCcApi: null,
    screenReaderLabel: area.labels[0]?.textContent ?? "",
    viewportMargin: Infinity,
    editorHeight: "auto",
  });
  // What follows stays in its place.
  editor.getScrollerElement().style.minHeight = `${height - 2}px`;
  // What it tells of itself is in English only.
  editor.showNotification = () => {};
  editor.hideNotification("keyboardShortcuts");
  new MutationObserver(translateHints).observe(host, { childList: true, subtree: true });
  editor.setOption("extraKeys", {
    ...editor.getOption("extraKeys"),
    "Ctrl-Enter": run,
    "Cmd-Enter": run,
    "Ctrl-Space": () => complete(editor),
    // The keyboard has to get out of the editor.
    Tab: false,
    "Shift-Tab": false,
  });
  editor.on("change", () => {
    area.value = editor.getValue();
  });
  editor.on("inputRead", (_, change) => {
    const typed = change.text.length === 1 && WORD.test(change.text[0]);
    if (typed && wordBefore(editor).word.length >= SHORTEST && !editor.state.completionActive) complete(editor);
  });
  return editor;
}

/** Puts what the editor says of a mistake, each time it is shown, into the page's language. */
function translateHints() {
  for (const hint of document.querySelectorAll(".yasqe_tooltip")) {
    // What is translated already has nothing in bold.
    const expected = [...hint.querySelectorAll("strong")].map((one) => one.textContent);
    if (expected.length) hint.textContent = text("script.query.expected", { what: expected.join(", ") });
  }
}

function complete(editor) {
  editor.showHint({ hint: suggestions, completeSingle: false, closeCharacters: /[\s()[\]{};.,]/ });
}

/** Returns the word that ends at the cursor, and where it begins. */
function wordBefore(editor) {
  const cursor = editor.getCursor();
  const line = editor.getLine(cursor.line);
  let start = cursor.ch;
  while (start > 0 && WORD.test(line[start - 1])) start--;
  const inside = NOT_IN.test(editor.getTokenTypeAt(cursor) ?? "") || "?$@".includes(line[start - 1] ?? " ");
  return { word: inside ? "" : line.slice(start, cursor.ch), cursor, start };
}

async function suggestions(editor) {
  const { word, cursor, start } = wordBefore(editor);
  if (word.length < SHORTEST) return null;
  const address = new URL("/api/completions", location);
  address.searchParams.set("q", word);
  const response = await fetch(address, { headers: { Accept: "application/json" } });
  if (!response.ok) return null;
  const list = (await response.json()).completions.map((one) => ({
    text: written(one),
    one,
    render: (item) => {
      const small = document.createElement("small");
      small.textContent = [one.kind, one.text].filter(Boolean).join(" · ");
      item.append(one.label, small);
    },
    hint: (cm, data, chosen) => {
      cm.replaceRange(chosen.text, data.from, data.to, "complete");
      declare(cm, chosen.one);
    },
  }));
  return { list, from: { line: cursor.line, ch: start }, to: cursor };
}

/** Returns a term as it is written in a query: with its prefix where what follows is simple. */
function written({ iri, prefix }) {
  const local = prefix ? iri.slice(namespaceOf(iri).length) : "";
  return prefix && SIMPLE.test(local) ? `${prefix}:${local}` : `<${iri}>`;
}

function namespaceOf(iri) {
  return iri.slice(0, Math.max(iri.lastIndexOf("#"), iri.lastIndexOf("/")) + 1);
}

/** Declares the prefix of a term that was written with it. */
function declare(editor, one) {
  if (written(one).startsWith("<") || one.prefix in editor.getPrefixesFromQuery()) return;
  editor.addPrefixes({ [one.prefix]: namespaceOf(one.iri) });
}
