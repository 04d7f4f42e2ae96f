// The answer of a query: facts about it, a table, a chart, a graph, downloads.

import { drawChart } from "./charts.js";
import { drawGraph } from "./graph.js";
import { element } from "./element.js";
import { DataTable } from "./table.js";
import { DECIMALS, day, moment, number, text } from "./texts.js";

const MOST_LABELS = 1000;
const CHARTED = 200;
const SLICES = 12;
const NUMERIC = /#(integer|decimal|float|double|int|long|nonNegativeInteger)$/;
const DAY = /#(date|gYearMonth)$/;
const TRUTHS = { true: true, 1: true, false: false, 0: false };
const TRIPLE = /^(\S+) <([^>]*)> (.*) \.$/;
const LITERAL = /^"((?:[^"\\]|\\.)*)"(?:@([\w-]+)|\^\^<([^>]*)>)?$/;

/** Reads the body of an answer: { boolean } or { columns, rows, triples }, a cell being { text, iri, number, order }. */
export function readAnswer(type, body) {
  if (type.includes("n-triples")) return readTriples(body);
  const document = JSON.parse(body);
  if ("boolean" in document) return { boolean: document.boolean };
  const columns = document.head.vars;
  const rows = document.results.bindings.map((one) => columns.map((name) => cellOf(one[name])));
  return { columns, rows, triples: false };
}

function cellOf(term) {
  if (!term) return null;
  if (term.type === "uri") return { text: term.value, iri: term.value };
  if (term.type === "bnode") return { text: `_:${term.value}` };
  if (DAY.test(term.datatype)) return { text: day(term.value), order: term.value };
  if (term.datatype?.endsWith("#dateTime")) return { text: moment(term.value), order: term.value };
  if (term.datatype?.endsWith("#boolean")) return { text: text(TRUTHS[term.value] ? "script.query.true" : "script.query.false") };
  return { text: term.value, number: NUMERIC.test(term.datatype ?? "") ? Number(term.value) : undefined };
}

function readTriples(body) {
  const rows = body.split("\n").filter(Boolean).map((one) => {
    const [, subject, predicate, object] = one.match(TRIPLE);
    return [node(subject), { text: predicate, iri: predicate }, node(object)];
  });
  const columns = ["subject", "predicate", "object"].map((one) => text(`script.query.${one}`));
  return { columns, rows, triples: true };
}

function node(written) {
  if (written.startsWith("<")) return { text: written.slice(1, -1), iri: written.slice(1, -1) };
  const found = written.match(LITERAL);
  if (!found) return { text: written };
  const value = JSON.parse(`"${found[1].replace(/\\U([0-9A-Fa-f]{8})/g, (_, hex) => String.fromCodePoint(parseInt(hex, 16)))}"`);
  return { text: value, number: NUMERIC.test(found[3] ?? "") ? Number(value) : undefined };
}

/** Puts labels in the place of the IRIs of an answer, as far as they have any; pauses after each part of them. */
async function* labelled(rows) {
  const cells = Map.groupBy(rows.flat().filter((cell) => cell?.iri), (cell) => cell.iri);
  const iris = [...cells.keys()];
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  for (let first = 0; first < iris.length; first += MOST_LABELS) {
    const body = JSON.stringify(iris.slice(first, first + MOST_LABELS));
    const response = await fetch("/api/labels", { method: "POST", headers, body });
    if (!response.ok) return;
    const { labels } = await response.json();
    for (const [iri, label] of Object.entries(labels)) for (const cell of cells.get(iri)) cell.text = label;
    yield;
  }
}

/** Goes on with the labels of an answer for as long as it is shown. */
async function labelRest(host, answer, parts) {
  const shown = host.firstChild;
  for await (const _ of parts) {
    if (host.firstChild !== shown) return;
    answer.table?.redraw();
  }
  // What is sorted and filtered by is known now.
  answer.table?.show(answer.rows);
}

/** Shows an answer in an element; `downloads` are the links { name, address } to it in other formats. */
export async function showAnswer(host, answer, facts, downloads) {
  const heading = element("h2", { id: "answer-title" }, text("script.query.answer"));
  const told = element("p", { class: "facts", role: "status" }, ...facts.map((one) => element("span", {}, one)));
  const links = element("p", { class: "downloads" }, text("script.query.download"),
    ...downloads.map((one) => element("a", { href: one.address, download: one.file }, one.name)));
  host.replaceChildren(heading, told);
  if ("boolean" in answer) {
    host.append(element("p", { class: "verdict" }, text(answer.boolean ? "script.query.yes" : "script.query.no")), links);
    return;
  }
  if (!answer.rows.length) {
    host.append(element("div", { class: "state" }, element("p", { class: "state-title" }, text("script.query.nothing"))), links);
    return;
  }
  const parts = labelled(answer.rows);
  const { done } = await parts.next().catch(() => ({ done: true }));
  host.append(views(answer), links);
  if (!done) labelRest(host, answer, parts).catch(() => {});
}

/** Returns the ways to look at rows, one shown at a time. */
function views(answer) {
  const offered = [["table", showTable]];
  const chart = chartOf(answer);
  if (chart) offered.push(...chart.kinds.map((kind) => [kind, (host) => drawChart(host, kind, chart, text("script.query.answer"))]));
  if (answer.triples) offered.push(["graph", (host) => drawGraph(host, answer.rows)]);
  const shown = element("div", { class: "view" });
  const buttons = offered.map(([name, show]) => element("button", { type: "button", class: "second", onclick: (event) => choose(event.target, show) }, text(`script.query.view.${name}`)));
  const choose = (button, show) => {
    buttons.forEach((one) => one.setAttribute("aria-pressed", one === button));
    shown.replaceChildren();
    show(shown, answer);
  };
  queueMicrotask(() => choose(buttons[0], offered[0][1]));
  return element("div", {}, element("div", { class: "views", role: "group" }, ...(offered.length > 1 ? buttons : [])), shown);
}

function showTable(host, answer) {
  const { columns, rows } = answer;
  const numeric = columns.map((_, at) => rows.every((row) => !row[at] || row[at].number !== undefined));
  answer.table = new DataTable(host, {
    label: text("script.query.answer"),
    rows,
    columns: columns.map((title, at) => ({
      title,
      number: numeric[at],
      decimals: numeric[at] ? decimalsOf(rows, at) : null,
      value: (row) => (numeric[at] ? row[at]?.number : (row[at]?.order ?? row[at]?.text)),
      text: (row) => (numeric[at] ? undefined : row[at]?.text),
      link: (row) => row[at]?.iri && addressOf(row[at].iri),
    })),
  });
}

/** Returns the decimals that all numbers of a column are written with, so that they stand one under the other. */
function decimalsOf(rows, at) {
  let most = 0;
  for (const row of rows) {
    const written = row[at]?.text ?? "";
    const point = written.indexOf(".");
    if (point >= 0 && !/e/i.test(written)) most = Math.max(most, written.length - point - 1);
  }
  return Math.min(most, DECIMALS);
}

/** Returns the address of the page about what an IRI names. */
function addressOf(iri) {
  const own = iri.match(/^https:\/\/w3id\.org\/clientgraph(\/id\/.+|\/scheme\/.+|\/ns#.+)$/);
  return own ? own[1].replace(/^\/ns#/, "/ontology/").replace(/^\/scheme/, "/ontology/scheme") : `/query?query=${encodeURIComponent(`DESCRIBE <${iri}>`)}`;
}

/** Returns the data of a chart where rows make one: names in one column, numbers in others. */
function chartOf({ columns, rows, triples }) {
  if (triples || rows.length > CHARTED || rows.length < 2) return null;
  const numeric = columns.keys().filter((at) => rows.every((row) => row[at]?.number !== undefined)).toArray();
  const named = columns.keys().find((at) => !numeric.includes(at) && rows.every((row) => row[at]));
  if (!numeric.length || named === undefined) return null;
  const series = numeric.map((at) => ({ name: columns[at], values: rows.map((row) => row[at].number) }));
  const kinds = ["bars", "line", ...(numeric.length === 1 && rows.length <= SLICES ? ["pie"] : [])];
  return { kinds, points: rows.map((row) => row[named].text), series };
}

/** Returns the facts of an answer: how many rows, how long, on what, whether complete. */
export function factsOf(answer, response, seconds) {
  const complete = response.headers.get("X-Clientgraph-Complete") !== "false";
  const counted = answer.rows && text(answer.triples ? "script.query.triples" : "script.query.rows", { n: answer.rows.length });
  return [
    counted,
    text(complete ? "script.query.complete" : "script.query.cut"),
    text("script.query.time", { seconds: number(Math.round(seconds * 1000) / 1000) }),
    text(`script.query.engine.${response.headers.get("X-Clientgraph-Engine") ?? "sql"}`),
    text("script.query.commit", { commit: Number(response.headers.get("X-Clientgraph-Commit")) }),
  ].filter(Boolean);
}
