// Charts as SVG, in the colours and the language of the page. Each figure with `data-chart` holds its
// data as JSON in a script element; the table beside it has the same figures.
//
//   lines  { points: [label], series: [{ name, mark, values }] }                stacked areas
//   bars   { points: [label], series: [{ name, mark, values }] }                beside each other
//   line   the same as lines, not stacked
//   pie    { points: [label], series: [{ values }] }
//   flows  { nodes: [{ name, mark, side }], links: [{ source, target, value }] }   a Sankey diagram

import { number } from "./texts.js";
import {
  arc, area, axisBottom, axisLeft, curveMonotoneX, line, max, pie, sankey, sankeyJustify,
  sankeyLinkHorizontal, scaleBand, scaleLinear, scalePoint, select, stack,
} from "./vendor/charts.js";

const HEIGHT = 280;
const MARKS = 6;
const NARROW = 480;
const MARGIN = { top: 10, right: 34, bottom: 26, left: 56 };
const compact = new Intl.NumberFormat(document.documentElement.lang, { notation: "compact", maximumFractionDigits: 1 });

const KINDS = { lines: stacked, line: plainLines, bars, pie: slices, flows };

/** Draws every figure with `data-chart` inside an element, and draws it again when its width changes. */
export function drawCharts(inside) {
  for (const figure of inside.querySelectorAll("figure[data-chart]")) {
    const data = JSON.parse(figure.querySelector("script").textContent);
    drawChart(figure, figure.dataset.chart, data, figure.dataset.label ?? "");
  }
}

/** Draws a chart of a kind into an element; calls of the same element replace what was drawn. */
export function drawChart(host, kind, data, label) {
  host.querySelector(".drawing")?.remove();
  const drawing = document.createElement("div");
  drawing.className = "drawing";
  host.append(drawing);
  let width = 0;
  const draw = () => {
    if (drawing.clientWidth === width || drawing.clientWidth === 0) return;
    width = drawing.clientWidth;
    const svg = select(drawing).html("").append("svg")
      .attr("viewBox", `0 0 ${width} ${HEIGHT}`).attr("role", "img").attr("aria-label", label);
    KINDS[kind](svg, data, width);
    if (data.series && kind !== "pie") legend(drawing, data.series);
  };
  new ResizeObserver(draw).observe(drawing);
  draw();
}

/** Returns the class that gives a series its colour. */
function markOf(series, index) {
  return series.mark ?? `mark-${(index % MARKS) + 1}`;
}

function stacked(svg, data, width) {
  const rows = data.points.map((_, at) => Object.fromEntries(data.series.map((one, i) => [i, one.values[at] ?? 0])));
  const layers = stack().keys(data.series.keys())(rows);
  const x = scalePoint(data.points.keys(), [MARGIN.left, width - MARGIN.right]);
  const y = heights(max(layers.flat(), (d) => d[1]) ?? 1);
  axes(svg, x, y, data.points, width);
  const shape = area().x((_, at) => x(at)).y0((d) => y(d[0])).y1((d) => y(d[1])).curve(curveMonotoneX);
  svg.append("g").selectAll("path").data(layers).join("path")
    .attr("class", (_, i) => `filled ${markOf(data.series[i], i)}`).attr("d", shape)
    .append("title").text((_, i) => data.series[i].name);
}

function plainLines(svg, data, width) {
  const x = scalePoint(data.points.keys(), [MARGIN.left, width - MARGIN.right]);
  const y = heights(max(data.series.flatMap((one) => one.values)) ?? 1);
  axes(svg, x, y, data.points, width);
  const shape = line().defined((v) => v != null).x((_, at) => x(at)).y((v) => y(v));
  svg.append("g").selectAll("path").data(data.series).join("path")
    .attr("class", (one, i) => `stroked ${markOf(one, i)}`).attr("d", (one) => shape(one.values))
    .append("title").text((one) => one.name);
}

function bars(svg, data, width) {
  const x = scaleBand(data.points.keys(), [MARGIN.left, width - MARGIN.right]).padding(0.2);
  const inner = scaleBand(data.series.keys(), [0, x.bandwidth()]);
  const y = heights(max(data.series.flatMap((one) => one.values)) ?? 1);
  axes(svg, x, y, data.points, width);
  data.series.forEach((one, i) => {
    svg.append("g").selectAll("rect").data(one.values).join("rect")
      .attr("class", `filled ${markOf(one, i)}`)
      .attr("x", (_, at) => x(at) + inner(i)).attr("width", Math.max(1, inner.bandwidth() - 1))
      .attr("y", (v) => y(Math.max(v ?? 0, 0))).attr("height", (v) => Math.abs(y(v ?? 0) - y(0)))
      .append("title").text((v, at) => `${data.points[at]}, ${one.name}: ${number(v ?? 0)}`);
  });
}

function slices(svg, data, width) {
  const radius = HEIGHT / 2 - 8;
  const shape = arc().innerRadius(radius * 0.55).outerRadius(radius);
  const parts = pie().sort(null)(data.series[0].values.map((v) => Math.max(v ?? 0, 0)));
  const g = svg.append("g").attr("transform", `translate(${Math.min(radius + 8, width / 2)},${HEIGHT / 2})`);
  g.selectAll("path").data(parts).join("path")
    .attr("class", (_, i) => `filled mark-${(i % MARKS) + 1}`).attr("d", shape)
    .append("title").text((part, i) => `${data.points[i]}: ${number(part.value)}`);
  const names = svg.append("g").attr("transform", `translate(${2 * radius + 32},24)`);
  data.points.slice(0, 12).forEach((name, i) => {
    names.append("rect").attr("class", `filled mark-${(i % MARKS) + 1}`).attr("y", i * 20 - 9).attr("width", 10).attr("height", 10);
    names.append("text").attr("x", 16).attr("y", i * 20).text(name);
  });
}

function flows(svg, data, width) {
  // Where there is no room at the sides, the names stand inside.
  const longest = Math.max(0, ...data.nodes.map((d) => `${d.name} 00000`.length));
  const room = width < NARROW ? 4 : Math.min(7 * longest, width * 0.34);
  const before = (d) => (d.side === "from") === width >= NARROW;
  const layout = sankey().nodeWidth(12).nodePadding(14).nodeAlign(sankeyJustify)
    .extent([[room, 8], [width - room, HEIGHT - 8]]);
  const graph = layout({ nodes: data.nodes.map((d) => ({ ...d })), links: data.links.map((d) => ({ ...d })) });
  svg.append("g").selectAll("path").data(graph.links).join("path")
    .attr("class", (d) => `flow ${d.source.mark}`).attr("d", sankeyLinkHorizontal())
    .attr("stroke-width", (d) => Math.max(1, d.width))
    .append("title").text((d) => `${d.source.name} → ${d.target.name}: ${number(d.value)}`);
  svg.append("g").selectAll("rect").data(graph.nodes).join("rect")
    .attr("class", (d) => `filled ${d.mark}`).attr("x", (d) => d.x0).attr("y", (d) => d.y0)
    .attr("width", (d) => d.x1 - d.x0).attr("height", (d) => Math.max(1, d.y1 - d.y0));
  svg.append("g").selectAll("text").data(graph.nodes).join("text")
    .attr("x", (d) => (before(d) ? d.x0 - 6 : d.x1 + 6)).attr("y", (d) => (d.y0 + d.y1) / 2)
    .attr("dy", "0.35em").attr("text-anchor", (d) => (before(d) ? "end" : "start"))
    .text((d) => `${d.name} ${number(d.value)}`);
}

function heights(most) {
  return scaleLinear([0, most || 1], [HEIGHT - MARGIN.bottom, MARGIN.top]).nice();
}

function axes(svg, x, y, points, width) {
  const label = 6.5 * Math.max(0, ...points.map((point) => String(point).length));
  const every = Math.max(1, Math.ceil((points.length * (label + 16)) / (width - MARGIN.left)));
  // The last label would go beyond the edge.
  const moved = (at) => Math.min(0, width - label / 2 - x(at) - (x.bandwidth?.() ?? 0) / 2);
  const shown = [...points.keys()].filter((at) => (points.length - 1 - at) % every === 0);
  svg.append("g").attr("class", "axis").attr("transform", `translate(0,${HEIGHT - MARGIN.bottom})`)
    .call(axisBottom(x).tickValues(shown).tickFormat((at) => points[at]).tickSizeOuter(0))
    .call((g) => g.selectAll(".tick text").attr("dx", moved));
  svg.append("g").attr("class", "axis").attr("transform", `translate(${MARGIN.left},0)`)
    .call(axisLeft(y).ticks(5).tickFormat((value) => compact.format(value)).tickSizeInner(-(width - MARGIN.left - MARGIN.right)))
    .call((g) => g.select(".domain").remove());
}

function legend(drawing, series) {
  const list = select(drawing).append("ul").attr("class", "legend");
  series.forEach((one, i) => {
    const item = list.append("li");
    item.append("span").attr("class", `swatch ${markOf(one, i)}`);
    item.append("span").text(one.name);
  });
}
