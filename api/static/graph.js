// A small graph of triples: nodes by a simulation of forces, labels beside them.

import { forceCenter, forceCollide, forceLink, forceManyBody, forceSimulation, select } from "./vendor/charts.js";
import { text } from "./texts.js";

const HEIGHT = 520;
const MOST = 300;
const STEPS = 250;
const SHORT = 28;
/** How far things push each other away, and how much all are pulled to the middle. */
const [REACH, PULL] = [300, 0.025];

/** Draws triples, [subject, predicate, object] of { text, iri }, those between things as arrows. */
export function drawGraph(host, rows) {
  const nodes = new Map();
  const node = (cell) => {
    const key = cell.iri ?? `"${cell.text}`;
    if (!nodes.has(key)) nodes.set(key, { key, name: cell.text, literal: !cell.iri });
    return nodes.get(key);
  };
  const shown = rows.slice(0, MOST);
  const links = shown.map(([s, p, o]) => ({ source: node(s), target: node(o), name: p.text }));
  const all = [...nodes.values()];
  const width = host.clientWidth;
  forceSimulation(all)
    .force("link", forceLink(links).distance(100))
    .force("charge", forceManyBody().strength(-220).distanceMax(REACH))
    .force("collide", forceCollide(36))
    .force("center", forceCenter(width / 2, HEIGHT / 2))
    .force("gather", gathering(all, width / 2, HEIGHT / 2))
    .stop()
    .tick(STEPS);
  const [left, top, across, down] = viewOf(all, width);
  // As large as it is: a large one is scrolled, for its names to be read.
  const svg = select(host).append("div").attr("class", "drawing scroll").attr("tabindex", 0)
    .attr("role", "group").attr("aria-label", text("script.query.view.graph")).append("svg")
    .attr("role", "img").attr("aria-label", text("script.query.view.graph"))
    .attr("class", "as-large-as-it-is").attr("width", across).attr("height", down)
    .attr("viewBox", `${left} ${top} ${across} ${down}`);
  svg.append("g").selectAll("line").data(links).join("line").attr("class", "edge")
    .attr("x1", (d) => d.source.x).attr("y1", (d) => d.source.y)
    .attr("x2", (d) => d.target.x).attr("y2", (d) => d.target.y)
    .append("title").text((d) => d.name);
  svg.append("g").attr("class", "soft").selectAll("text").data(links).join("text")
    .attr("x", (d) => (d.source.x + d.target.x) / 2).attr("y", (d) => (d.source.y + d.target.y) / 2)
    .attr("text-anchor", "middle").text((d) => short(d.name));
  svg.append("g").selectAll("circle").data(all).join("circle")
    .attr("class", (d) => `filled ${d.literal ? "mark-6" : "mark-1"}`).attr("cx", (d) => d.x).attr("cy", (d) => d.y)
    .attr("r", (d) => (d.literal ? 3 : 6)).append("title").text((d) => d.name);
  svg.append("g").selectAll("text").data(all).join("text")
    .attr("x", (d) => d.x + 9).attr("y", (d) => d.y + 4).text((d) => short(d.name));
  if (rows.length > MOST) host.append(text("script.query.graph_cut", { n: MOST }));
}

/** Returns the force that holds together what no link does. */
function gathering(nodes, x, y) {
  return (alpha) => {
    for (const one of nodes) {
      one.vx += (x - one.x) * PULL * alpha;
      one.vy += (y - one.y) * 2 * PULL * alpha;
    }
  };
}

function viewOf(nodes, width) {
  const xs = nodes.map((d) => d.x);
  const ys = nodes.map((d) => d.y);
  const [left, top] = [Math.min(0, ...xs) - 20, Math.min(0, ...ys) - 20];
  return [left, top, Math.max(width - 180, ...xs) - left + 160, Math.max(HEIGHT - 40, ...ys) - top + 20].map(Math.round);
}

function short(name) {
  const last = name.includes("://") ? name.replace(/[/#]+$/, "").replace(/^.*[/#]/, "") : name;
  return last.length > SHORT ? `${last.slice(0, SHORT)}…` : last;
}
