// A small graph of triples: nodes by a simulation of forces, labels beside them.

import { forceCenter, forceCollide, forceLink, forceManyBody, forceSimulation, select } from "./vendor/charts.js";
import { text } from "./texts.js";

const HEIGHT = 520;
const MOST = 300;
const STEPS = 250;
const SHORT = 28;

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
    .force("link", forceLink(links).distance(90))
    .force("charge", forceManyBody().strength(-220))
    .force("collide", forceCollide(26))
    .force("center", forceCenter(width / 2, HEIGHT / 2))
    .stop()
    .tick(STEPS);
  const svg = select(host).append("div").attr("class", "drawing").append("svg")
    .attr("role", "img").attr("aria-label", text("script.query.view.graph"))
    .attr("viewBox", viewOf(all, width));
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

function viewOf(nodes, width) {
  const xs = nodes.map((d) => d.x);
  const ys = nodes.map((d) => d.y);
  const [left, top] = [Math.min(0, ...xs) - 20, Math.min(0, ...ys) - 20];
  return `${left} ${top} ${Math.max(width, ...xs) - left + 160} ${Math.max(HEIGHT, ...ys) - top + 20}`;
}

function short(name) {
  const last = name.includes("://") ? name.replace(/[/#]+$/, "").replace(/^.*[/#]/, "") : name;
  return last.length > SHORT ? `${last.slice(0, SHORT)}…` : last;
}
