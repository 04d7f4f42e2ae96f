// Draws the charts of the dashboard as its parts come in.

import { drawCharts } from "./charts.js";

drawCharts(document);
document.addEventListener("panel", (event) => drawCharts(event.target));
