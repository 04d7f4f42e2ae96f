// The query page with script: editor, tabs, history, links to share, stop, plan, answers in place.

import { keepAddress } from "./address.js";
import { openEditor } from "./editor.js";
import { element } from "./element.js";
import { showPlan } from "./plan.js";
import { factsOf, readAnswer, showAnswer } from "./results.js";
import { text } from "./texts.js";

const ACCEPT = "application/sparql-results+json, application/n-triples;q=0.9";
const KEPT = "clientgraph.query";
const HISTORY = 40;
const LONGEST = 6000;
const SHOWN = 500;

const form = document.querySelector("form[data-query]");
const area = form.querySelector("textarea");
const named = form.dataset.named;
/** The formats of each form of answer, as pairs of a name and the suffix of a file. */
const formats = JSON.parse(form.dataset.formats);
const headings = new Map(Object.entries(JSON.parse(form.dataset.headings ?? "{}")));
const words = new Map(Object.entries(JSON.parse(form.dataset.words ?? "{}")));
const answer = document.getElementById("answer");
const runButton = form.querySelector("button[type=submit]");
const [stopButton, explainButton, shareButton, tabs] = ["stop", "explain", "share", "tabs"].map((id) => document.getElementById(id));
let running = null;
let editor = null;

const kept = load();

function load() {
  try {
    return { tabs: [], active: 0, history: [], ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") };
  } catch {
    return { tabs: [], active: 0, history: [] };
  }
}

function save() {
  try {
    localStorage.setItem(KEPT, JSON.stringify(kept));
  } catch {
    // Without room to keep them, tabs last as long as the page.
  }
}

// What is asked: a text, or a named question with its parameters.

function asked() {
  if (!named) return { address: "/sparql", parameters: { query: editor.getValue() }, text: editor.getValue() };
  const parameters = Object.fromEntries([...fields()].filter(([name]) => !["run", "as_of"].includes(name)));
  return { address: named, parameters, text: form.dataset.text };
}

/** Returns what the form says that an address keeps. */
function fields() {
  const given = new URLSearchParams(new FormData(form));
  for (const [name, value] of [...given]) if (!value || name === "now") given.delete(name);
  return given;
}

/** Returns the arguments of an address that runs the query, and its fragment: a server refuses a long query. */
function addressed() {
  const given = fields();
  if (named) return [given, ""];
  given.set("query", editor.getValue());
  if (given.toString().length < LONGEST) return [given, ""];
  const fragment = `#${given}`;
  given.delete("query");
  return [given, fragment];
}

async function run() {
  if (running) return;
  const { address, parameters, text: query } = asked();
  const mine = (running = new AbortController());
  const started = performance.now();
  show(true);
  keepAddress(...addressed());
  answer.classList.add("asked");
  answer.replaceChildren(element("p", { class: "loading", role: "status" }, text("script.query.running")));
  try {
    const link = `${address}?${new URLSearchParams(parameters)}`;
    const response = await send(address, parameters, running.signal);
    const body = await response.text();
    const seconds = (performance.now() - started) / 1000;
    if (!response.ok) return fail(JSON.parse(body));
    const read = readAnswer(response.headers.get("Content-Type"), body);
    tell(read);
    const offered = formats["boolean" in read ? "ask" : read.triples ? "construct" : "select"].map(([name, suffix]) => ({ name, file: `answer.${suffix}`, address: `${link}&format=${name}` }));
    await showAnswer(answer, read, factsOf(read, response, seconds), offered);
    if (response.headers.get("X-Clientgraph-Engine") === "rdflib") await tellReason();
    if (form.dataset.version) answer.append(citation(link, response.headers.get("X-Clientgraph-Commit")));
    remember(query, read, seconds);
  } catch (error) {
    const stopped = error.name === "AbortError";
    if (running === mine) fail({ title: text(stopped ? "script.query.stopped" : "script.query.error"), detail: stopped ? "" : error.message });
  } finally {
    if (running === mine) {
      running = null;
      show(false);
    }
  }
}

/** Puts the labels of a question of the project in the place of its variables and words. */
function tell(read) {
  read.columns = read.columns?.map((one) => headings.get(one) ?? one);
  for (const row of read.rows ?? []) for (const cell of row) if (cell && !cell.iri) cell.text = words.get(cell.text) ?? cell.text;
}

function send(address, parameters, signal) {
  const headers = { Accept: ACCEPT };
  if (named) return fetch(`${address}?${new URLSearchParams(parameters)}`, { headers, signal });
  return fetch(address, { method: "POST", headers, body: new URLSearchParams(parameters), signal });
}

function fail(problem) {
  const place = problem.line ? text("script.query.error_at", { line: problem.line, column: problem.column ?? 1 }) : "";
  const title = element("h2", {}, problem.title);
  answer.replaceChildren(element("div", { class: "problem", role: "alert" }, title, place && element("p", {}, element("strong", {}, place)), element("pre", {}, problem.detail ?? "")));
  if (problem.line && editor) editor.setCursor({ line: problem.line - 1, ch: (problem.column ?? 1) - 1 });
}

/** Stops the query in the server, then lets go of its answer. */
async function stop() {
  const { text: query } = asked();
  const listed = await (await fetch("/api/running", { headers: { Accept: "application/json" } })).json();
  const mine = listed.running.filter((one) => one.kind === "query" && one.text === query.slice(0, SHOWN));
  await Promise.all(mine.map((one) => fetch(`/api/running/${one.id}`, { method: "DELETE" })));
  running?.abort();
}

function show(busy) {
  const [shown, left] = busy ? [stopButton, runButton] : [runButton, stopButton];
  const focused = document.activeElement === left;
  [shown.hidden, left.hidden] = [false, true];
  if (focused) shown.focus({ preventScroll: true });
  answer.ariaBusy = String(busy);
}

// The plan

async function planned() {
  const { parameters, text: query } = asked();
  const given = named ? { question: named.split("/").pop(), ...parameters } : { query };
  return fetch(`/api/plan?${new URLSearchParams(given)}`, { headers: { Accept: "application/json" } });
}

async function explain() {
  const response = await planned();
  const told = await response.json();
  if (!response.ok) return fail(told);
  showPlan(answer, told, kept.history.find((one) => one.text === asked().text)?.seconds);
}

/** Says under the facts of an answer why it took long. */
async function tellReason() {
  const response = await planned();
  const { reason } = response.ok ? await response.json() : {};
  if (reason) answer.querySelector(".facts").after(element("p", { class: "note" }, text("script.query.not_compiled", { reason })));
}

// Sharing

/** Returns a link to the same answer for ever: of a version of a kept query, on the commit that it is of. */
function citation(link, commit) {
  return element("p", { class: "downloads" }, element("a", { href: `${link}&commit=${commit}` }, text("script.query.cite")));
}

async function share() {
  const [given, fragment] = addressed();
  const link = new URL(`${location.pathname}?${given}${fragment}`, location);
  await navigator.clipboard?.writeText(link.href).catch(() => {});
  shareButton.textContent = text("script.query.shared");
}

/** Returns the query that the fragment of the address holds, if it holds one. */
function shared() {
  return new URLSearchParams(location.hash.slice(1)).get("query");
}

// Tabs and history

function drawTabs() {
  const buttons = kept.tabs.map((tab, at) =>
    element("button", { type: "button", class: "tab", "aria-pressed": at === kept.active, onclick: () => open(at) }, text("script.query.tab", { n: tab.n })));
  const more = element("button", { type: "button", class: "tab", "aria-label": text("script.query.tab_new"), onclick: () => open(append(form.dataset.default)) }, "+");
  const close = kept.tabs.length > 1 && element("button", { type: "button", class: "tab", "aria-label": text("script.query.tab_close"), onclick: shut }, "×");
  tabs.replaceChildren(...buttons, more, close || "");
}

function open(at) {
  kept.active = at;
  editor.setValue(kept.tabs[at].text);
  answer.replaceChildren();
  drawTabs();
  save();
}

/** Returns the place of the tab with a text, which is added after the others where there is none. */
function placeOf(value) {
  const found = kept.tabs.findIndex((one) => one.text === value);
  return found >= 0 ? found : append(value);
}

/** Adds a tab with a text after the others, without showing it. */
function append(value) {
  const n = Math.max(0, ...kept.tabs.map((one) => one.n)) + 1;
  return kept.tabs.push({ n, text: value }) - 1;
}

function shut() {
  kept.tabs.splice(kept.active, 1);
  open(Math.max(0, kept.active - 1));
}

function remember(query, read, seconds) {
  if (named) return;
  kept.history = [{ text: query, at: Date.now(), rows: read.rows?.length ?? null, seconds }, ...kept.history.filter((one) => one.text !== query)].slice(0, HISTORY);
  save();
  drawHistory();
}

function drawHistory() {
  const when = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  const items = kept.history.map((one) => {
    const first = one.text.split("\n").find((line) => line.trim() && !/^\s*(PREFIX|BASE|#)/i.test(line)) ?? one.text;
    const rows = one.rows === null ? "" : ` · ${text("script.query.rows", { n: one.rows })}`;
    return element("li", {}, element("button", { type: "button", class: "link", onclick: () => editor.setValue(one.text) }, first.slice(0, 90)), element("small", {}, when.format(one.at) + rows));
  });
  past.hidden = !items.length;
  past.replaceChildren(element("summary", {}, text("script.query.history")), element("ol", { class: "past" }, ...items));
}

const past = element("details", { hidden: true });

stopButton.onclick = () => stop().catch(() => running?.abort());
explainButton.onclick = () => explain().catch((error) => fail({ title: text("script.query.error"), detail: error.message }));
shareButton.onclick = share;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopImmediatePropagation();
  run();
}, { capture: true });

if (!named) {
  const keep = document.getElementById("keep");
  keep.addEventListener("submit", () => {
    keep.elements.text.value = editor.getValue();
  });
  answer.after(past);
  form.removeAttribute("data-run-on-ctrl-enter");
  const given = new URLSearchParams(location.search);
  if (shared()) area.value = shared();
  if (!kept.tabs.length || shared() || given.has("query") || given.has("edit")) kept.active = placeOf(area.value);
  kept.active = Math.min(kept.active, kept.tabs.length - 1);
  area.value = kept.tabs[kept.active].text;
  editor = openEditor(area, () => run());
  editor.on("change", () => {
    kept.tabs[kept.active].text = editor.getValue();
    save();
    // What is written is kept in its tab; the address would run what was there before.
    const [without] = addressed();
    without.delete("query");
    keepAddress(without);
  });
  window.addEventListener("hashchange", () => {
    if (!shared()) return;
    running?.abort();
    running = null;
    open(placeOf(shared()));
    run();
  });
  drawTabs();
  drawHistory();
  save();
}

if (form.hasAttribute("data-asks") || (!named && shared())) run();
