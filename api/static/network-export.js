// The picture as a file: PNG by a canvas, SVG as text; both hold what is seen.

/** Returns the picture as a PNG, at twice the size on the screen. */
export function png(map) {
  const { width, height } = map.size;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [2 * width, 2 * height];
  const context = canvas.getContext("2d");
  context.scale(2, 2);
  context.fillStyle = map.paper.ground;
  context.fillRect(0, 0, width, height);
  context.font = "12px sans-serif";
  for (const one of map.painted()) paint(context, one, map.paper.ink);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

function paint(context, one, ink) {
  if (one.type === "text") {
    context.fillStyle = ink;
    context.fillText(one.text, one.x, one.y);
    return;
  }
  context.beginPath();
  if (one.type === "line") {
    context.setLineDash(one.dash ? [one.dash, one.dash] : []);
    context.strokeStyle = one.color;
    context.lineWidth = one.width;
    context.moveTo(one.x1, one.y1);
    context.lineTo(one.x2, one.y2);
    context.stroke();
    return;
  }
  context.setLineDash([]);
  context.arc(one.x, one.y, one.r, 0, 2 * Math.PI);
  context.fillStyle = one.color;
  context.fill();
  if (one.border !== one.color) {
    context.strokeStyle = one.border;
    context.lineWidth = Math.max(1, one.r * 0.22);
    context.stroke();
  }
}

/** Returns the picture as the text of an SVG document. */
export function svg(map) {
  const { width, height } = map.size;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="${map.paper.ground}"/>`,
  ];
  for (const one of map.painted()) parts.push(element(one, map.paper.ink));
  return `${parts.join("\n")}\n</svg>\n`;
}

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
const escaped = (text) => text.replace(/[&<>]/g, (one) => ENTITIES[one]);
const near = (number) => number.toFixed(1);

function element(one, ink) {
  if (one.type === "text") return `<text x="${near(one.x)}" y="${near(one.y)}" fill="${ink}">${escaped(one.text)}</text>`;
  if (one.type === "line") {
    const dash = one.dash ? ` stroke-dasharray="${one.dash}"` : "";
    return `<line x1="${near(one.x1)}" y1="${near(one.y1)}" x2="${near(one.x2)}" y2="${near(one.y2)}" stroke="${one.color}" stroke-width="${one.width}"${dash}/>`;
  }
  const border = one.border === one.color ? "" : ` stroke="${one.border}" stroke-width="${near(Math.max(1, one.r * 0.22))}"`;
  return `<circle cx="${near(one.x)}" cy="${near(one.y)}" r="${near(one.r)}" fill="${one.color}"${border}/>`;
}
