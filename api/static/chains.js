// The page of the internal chains: the layered drawing, the side, and switching units off.
import { keepAddress } from "./address.js";
import { element } from "./element.js";
import { save, standalone } from "./svg-files.js";
import { number, text } from "./texts.js";
import { Graph, layout } from "./vendor/dagre.js";

const [WIDTH, HEIGHT] = [172, 40];
/** What stands behind every client, so that they share the last layer; it is not drawn. */
const END = "\u0000end";
const SVG = "http://www.w3.org/2000/svg";

/** What the part with the drawing holds, once it is there. */
let holder, side, form;
const asked = new URLSearchParams(location.search);
let chosen = asked.get("unit");
/** Whether the whole picture is wanted, null while nobody has said so. */
let fitted = null;

const drawn = (name, attributes, ...children) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) if (value != null) made.setAttribute(key, value);
  made.append(...children.filter((one) => one != null));
  return made;
};

const short = (name, letters) => (name.length > letters ? `${name.slice(0, letters - 1)}…` : name);

/** Returns a name in a line, or in two: one in two languages has a line for each. */
function inLines(name, letters) {
  if (name.length <= letters) return [name];
  const [first, ...others] = name.split(" / ");
  if (others.length) return [short(first, letters), short(others.join(" / "), letters)];
  const end = name.lastIndexOf(" ", letters);
  return end > 0 ? [name.slice(0, end), short(name.slice(end + 1), letters)] : [short(name, letters)];
}

const figure = (value) => (value == null ? "" : number(Math.round(value * 100) / 100));

/** Returns the address of what is told of a unit, or of the relation of two. */
function sideAddress(unit, client = null) {
  const address = new URL(side.dataset.address, location);
  address.searchParams.set("unit", unit);
  if (client) address.searchParams.set("client", client);
  return address;
}

/** Returns the nodes that are in relations, which are those that are drawn. */
function tied({ nodes, relations }) {
  const keys = new Set(relations.flatMap(({ supplier, client }) => [supplier, client]));
  return nodes.filter((one) => keys.has(one.key));
}

function arranged({ nodes, relations }) {
  const graph = new Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 14, ranksep: 36, edgesep: 8, marginx: 8, marginy: 12 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const one of nodes) graph.setNode(one.key, { width: WIDTH, height: HEIGHT });
  for (const one of relations) graph.setEdge(one.supplier, one.client, { weight: 1 + Math.round(4 * one.share) });
  graph.setNode(END, { width: 1, height: 1 });
  for (const one of nodes) if (one.external) graph.setEdge(one.key, END, { weight: 100 });
  layout(graph);
  return graph;
}

function draw(data) {
  const { relations, left, left_units: units } = data;
  const nodes = tied(data);
  const off = new Set(data.off);
  const graph = arranged({ nodes, relations });
  const names = new Map(nodes.map((one) => [one.key, one.name]));
  const { width, height } = graph.graph();
  const picture = drawn("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-labelledby": "drawing-title" });
  for (const one of relations) picture.append(line(one, graph.edge(one.supplier, one.client).points, names, off));
  for (const one of nodes) picture.append(box(one, graph.node(one.key), off));
  holder.querySelector("svg")?.remove();
  holder.append(picture);
  fit();
  const note = document.getElementById("left-out");
  note.hidden = !left && !units;
  note.textContent = [left && text("chain.left_out", { n: left }), units && text("chain.left_units", { n: units })].filter(Boolean).join(" ");
  mark();
}

/** Shows the whole picture where that is wanted, its whole width where it stays readable; else it is scrolled. */
function fit() {
  const width = Number(holder.querySelector("svg").getAttribute("width"));
  holder.classList.toggle("whole", fitted === true);
  holder.classList.toggle("across", fitted ?? width <= holder.clientWidth * 1.36);
}

function line({ supplier, client, share, loop }, points, names, off) {
  const gone = off.has(supplier) || off.has(client);
  const said = text("chain.relation", { supplier: names.get(supplier), client: names.get(client), share: Math.round(share * 100) });
  const classes = ["relation", loop && "inside", gone && "gone"].filter(Boolean).join(" ");
  const [start, ...rest] = points;
  const path = rest.reduce((told, point, i) => {
    const before = points[i];
    const middle = (before.x + point.x) / 2;
    return `${told} C ${middle} ${before.y} ${middle} ${point.y} ${point.x} ${point.y}`;
  }, `M ${start.x} ${start.y}`);
  return drawn(
    "a",
    { href: sideAddress(supplier, client), "data-supplier": supplier, "data-client": client, "aria-label": said },
    drawn("title", {}, said),
    drawn("path", { class: classes, d: path, "stroke-width": (1.2 + 7 * share).toFixed(1) }),
  );
}

function box(one, { x, y }, off) {
  const gone = off.has(one.key);
  const moved = one.external && one.after != null && one.exposure != null && Math.abs(one.after - one.exposure) > 1e-9;
  const value = one.external ? (moved ? one.after : one.exposure) : one.satisfaction;
  const grade = one.external || value == null ? "none" : Math.min(4, Math.floor(value * 5));
  const [left, top] = [x - WIDTH / 2, y - HEIGHT / 2];
  const classes = [one.failing && "failing", gone && "gone", moved && "moved"].filter(Boolean).join(" ");
  const told = inLines(one.name, value == null ? 21 : 17);
  const said = one.failing ? text("chain.fails", { name: one.name, n: one.failing }) : one.name;
  return drawn(
    "a",
    { href: sideAddress(one.key), class: classes, "data-node": one.key, "aria-label": `${said} ${figure(value)}`.trim() },
    drawn("title", {}, one.external && value != null ? `${said} · ${text("chain.exposure", { value: figure(value) })}` : said),
    drawn("rect", { class: `grade-${grade}`, x: left, y: top, width: WIDTH, height: HEIGHT, rx: one.external ? HEIGHT / 2 : 5 }),
    ...told.map((each, i) => drawn("text", { x: left + 12, y: y + 5 + (2 * i + 1 - told.length) * 7.5 }, each)),
    value == null ? null : drawn("text", { class: "figure", x: left + WIDTH - 11, y: y + 5 }, figure(value)),
    one.failing ? drawn("circle", { class: "badge-disc", cx: left, cy: top, r: 9 }) : null,
    one.failing ? drawn("text", { class: "badge-text", x: left, y: top + 4 }, one.failing) : null,
  );
}

/** Marks what is chosen, and the relations at it. */
function mark() {
  for (const one of holder.querySelectorAll("a[data-node]")) one.classList.toggle("chosen", one.dataset.node === chosen);
  for (const one of holder.querySelectorAll("a[data-supplier]")) {
    const near = chosen && (one.dataset.supplier === chosen || one.dataset.client === chosen);
    one.querySelector("path").classList.toggle("near", Boolean(near));
  }
}

function current() {
  return JSON.parse(document.getElementById("chain-data").textContent);
}

// Switching off

let turn = 0;

async function imagine() {
  const mine = ++turn;
  asked.delete("off");
  for (const one of form.querySelectorAll("input[name=off]:checked")) asked.append("off", one.value);
  keepAddress(asked);
  form.ariaBusy = "true";
  try {
    const response = await fetch(`${form.action}?${asked}`);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (mine !== turn) return;
    if (!response.ok) throw new Error(page.querySelector(".message")?.textContent ?? response.statusText);
    const focused = document.activeElement?.id;
    for (const id of ["exposure", "units", "chain-data"]) document.getElementById(id).replaceWith(page.getElementById(id));
    document.getElementById(focused)?.focus();
    draw(current());
  } catch (error) {
    document.getElementById("facts").textContent = text("chain.failed", { why: error.message });
  } finally {
    if (mine === turn) form.ariaBusy = "false";
  }
}

function toggle(key) {
  const found = [...form.querySelectorAll("input[name=off]")].find((one) => one.value === key);
  if (!found) return;
  found.checked = !found.checked;
  imagine();
}

// The side

async function choose(unit, client = null) {
  chosen = unit;
  mark();
  if (unit) asked.set("unit", unit);
  else asked.delete("unit");
  keepAddress(asked);
  side.hidden = !unit;
  side.replaceChildren();
  if (!unit) return;
  const address = sideAddress(unit, client);
  address.searchParams.set("part", 1);
  for (const [name, value] of asked) if (name !== "unit") address.searchParams.append(name, value);
  try {
    const response = await fetch(address);
    if (!response.ok) throw new Error(response.statusText);
    const parsed = new DOMParser().parseFromString(await response.text(), "text/html");
    side.replaceChildren(...parsed.body.childNodes);
  } catch (error) {
    side.replaceChildren(element("p", { class: "message" }, text("chain.failed", { why: error.message })));
  }
  side.append(element("button", { type: "button", class: "tool close", "aria-label": text("chain.close"), onclick: () => choose(null) }, "×"));
}

document.addEventListener("click", (event) => {
  const { target } = event;
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const node = target.closest("[data-node]");
  const relation = target.closest("[data-supplier]");
  if (node || relation) {
    event.preventDefault();
    if (node) choose(node.dataset.node);
    else choose(relation.dataset.supplier, relation.dataset.client);
  }
  const off = target.closest("[data-switch]");
  if (off) toggle(off.dataset.switch);
  const button = target.closest("[data-fit]");
  if (button) {
    fitted = fitted === true ? null : true;
    fit();
    button.ariaPressed = String(fitted === true);
  }
  if (target.closest("[data-save]")) save("chains.svg", standalone(holder.querySelector("svg")));
  if (target.closest("[data-all-on]")) {
    event.preventDefault();
    for (const one of form.querySelectorAll("input[name=off]:checked")) one.checked = false;
    imagine();
  }
});

/** Begins with the drawing that is there now. */
function begin() {
  [holder, side, form] = ["chains", "side", "what-if"].map((id) => document.getElementById(id));
  if (!holder) return;
  form.addEventListener("change", (event) => event.target.name === "off" && imagine());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    imagine();
  });
  draw(current());
  // Where units stand alone in their layers, they are in its middle.
  holder.scrollTop = (holder.scrollHeight - holder.clientHeight) / 2;
  new ResizeObserver(fit).observe(holder);
  if (chosen) choose(chosen);
}

document.addEventListener("panel", begin);
begin();
