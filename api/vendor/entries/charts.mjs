export { max } from "d3-array";
export { axisBottom, axisLeft } from "d3-axis";
export { scaleBand, scaleLinear, scalePoint } from "d3-scale";
export { select } from "d3-selection";
export { arc, area, curveMonotoneX, line, pie, stack } from "d3-shape";
export { sankey, sankeyJustify, sankeyLinkHorizontal } from "d3-sankey";
export { forceCenter, forceCollide, forceLink, forceManyBody, forceSimulation } from "d3-force";
