// The query page with script: editor, tabs, history, links to share, stop, plan, answers in place.

import { openEditor } from "./editor.js";
import { element } from "./element.js";
import { showPlan } from "./plan.js";
import { factsOf, readAnswer, showAnswer } from "./results.js";
import { text } from "./texts.js";

const ACCEPT = "application/sparql-results+json, application/n-triples;q=0.9";
const KEPT = "clientgraph.query";
const HISTORY = 40;
const LONG_LINK = 6000;
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
  const fields = new FormData(form);
  const parameters = Object.fromEntries([...fields].filter(([name, value]) => value && !["run", "as_of"].includes(name)));
  return { address: named, parameters, text: form.dataset.text };
}

/** Runs the query; with `again`, what is shown of its answer stays until the new one is there. */
async function run({ again = false } = {}) {
  if (running) return;
  const { address, parameters, text: query } = asked();
  running = new AbortController();
  const started = performance.now();
  show(true);
  if (!again) answer.replaceChildren(element("p", { class: "loading", role: "status" }, text("script.query.running")));
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
    if (form.dataset.version) answer.append(citation(link, response.headers.get("X-Clientgraph-Commit")));
    remember(query, read, seconds);
  } catch (error) {
    const stopped = error.name === "AbortError";
    fail({ title: text(stopped ? "script.query.stopped" : "script.query.error"), detail: stopped ? "" : error.message });
  } finally {
    running = null;
    show(false);
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
  history.replaceState(null, "", shareLink());
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
  runButton.hidden = busy;
  stopButton.hidden = !busy;
  (busy ? stopButton : runButton).focus({ preventScroll: true });
}

// The plan

async function explain() {
  const { parameters, text: query } = asked();
  const given = named ? { question: named.split("/").pop(), ...parameters } : { query };
  const response = await fetch(`/api/plan?${new URLSearchParams(given)}`, { headers: { Accept: "application/json" } });
  const told = await response.json();
  if (!response.ok) return fail(told);
  showPlan(answer, told, kept.history.find((one) => one.text === query)?.seconds);
}

// Sharing

/** Returns a link to the query; a long one is held by what stays in the browser, for servers refuse it. */
function shareLink() {
  const day = form.elements.as_of?.value;
  const given = new URLSearchParams({ query: editor.getValue(), ...(day && { as_of: day }) });
  const link = `/query?${given}`;
  return link.length < LONG_LINK ? link : `/query#${given}`;
}

/** Returns a link to the same answer for ever: of a version of a kept query, on the commit that it is of. */
function citation(link, commit) {
  return element("p", { class: "downloads" }, element("a", { href: `${link}&commit=${commit}` }, text("script.query.cite")));
}

async function share(event) {
  const link = new URL(named ? `${location.pathname}?${new URLSearchParams(new FormData(form))}` : shareLink(), location);
  await navigator.clipboard?.writeText(link.href).catch(() => {});
  event.target.textContent = text("script.query.shared");
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

const stopButton = element("button", { type: "button", hidden: true, onclick: () => stop().catch(() => running?.abort()) }, text("script.query.stop"));
const tabs = element("div", { class: "tabs", role: "group", "aria-label": text("script.query.tabs") });
const past = element("details", { hidden: true });

runButton.after(
  stopButton,
  element("button", { type: "button", class: "second", onclick: () => explain().catch((error) => fail({ title: text("script.query.error"), detail: error.message })) }, text("script.query.plan_show")),
  element("button", { type: "button", class: "second", onclick: share }, text("script.query.share")),
);
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
  area.before(tabs);
  form.after(past);
  form.removeAttribute("data-run-on-ctrl-enter");
  const given = new URLSearchParams(location.search);
  const long = new URLSearchParams(location.hash.slice(1)).get("query");
  if (long) area.value = long;
  const asks = long || given.has("query") || given.has("edit");
  if (!kept.tabs.length || (asks && !kept.tabs.some((one) => one.text === area.value))) {
    kept.active = append(area.value);
  } else if (asks) {
    kept.active = kept.tabs.findIndex((one) => one.text === area.value);
  }
  kept.active = Math.min(kept.active, kept.tabs.length - 1);
  area.value = kept.tabs[kept.active].text;
  editor = openEditor(area, () => run());
  editor.on("change", () => {
    kept.tabs[kept.active].text = editor.getValue();
    save();
  });
  drawTabs();
  drawHistory();
  save();
}

// An answer that came with the page is asked for again, to be sorted, filtered and charted.
if (form.hasAttribute("data-answered")) run({ again: true });
else if (location.hash.startsWith("#query=")) run();
