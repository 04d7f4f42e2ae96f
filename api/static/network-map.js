// The picture of referrals: parties and lines on a plane, drawn with WebGL.
import { DiscProgram, LineProgram, moving } from "./network-marks.js";
import { Graph, Sigma, drawDiscNodeLabel } from "./vendor/sigma.js";

const MANY = 5000;
/** Milliseconds of a frame beyond which movement is no longer smooth. */
const SLOW = 33;
const JERK = 100;
/** Milliseconds without a movement after which the picture stands still. */
const REST = 150;
const STILL = matchMedia("(prefers-reduced-motion: reduce)");
const LINES = {
  primary: { size: 1.6, opacity: 0.75 },
  converted: { size: 1, opacity: 0.6 },
  pending: { size: 1, opacity: 0.4 },
  declined: { size: 0.8, opacity: 0.3 },
  expired: { size: 0.8, opacity: 0.3 },
  cold: { size: 1.4, opacity: 0.85, dash: 5 },
  broken: { size: 1.4, opacity: 0.9, dash: 2.5 },
};

/** Returns a colour of the style sheet as `[r, g, b]`, in the theme that is shown. */
function colour(name) {
  const probe = document.createElement("i");
  probe.className = `probe ${name}`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color.match(/[\d.]+/g).map(Number);
  probe.remove();
  return found.slice(0, 3);
}

/** Says whether pictures are drawn by the processor, which is slow at lines. */
function drawnByProcessor() {
  const gl = document.createElement("canvas").getContext("webgl");
  const told = gl?.getExtension("WEBGL_debug_renderer_info");
  const drawer = told ? gl.getParameter(told.UNMASKED_RENDERER_WEBGL) : "";
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|software|basic render/i.test(drawer);
}

const css = ([r, g, b], a = 1) => `rgba(${r}, ${g}, ${b}, ${a})`;

export class NetworkMap extends EventTarget {
  /** Draws into an element; `data` is an answer of `/api/referrals/map`. */
  constructor(element, data) {
    super();
    this.element = element;
    this.chosen = null;
    this.lit = null;
    this.until = Infinity;
    this.moved = -Infinity;
    this.slow = 0;
    this.#readColours();
    this.graph = new Graph({ multi: true, type: "directed" });
    this.#fill(data);
    this.renderer = new Sigma(this.graph, element, {
      defaultEdgeType: "line",
      edgeProgramClasses: { line: LineProgram },
      defaultNodeType: "disc",
      nodeProgramClasses: { disc: DiscProgram },
      labelFont: getComputedStyle(document.body).fontFamily,
      labelSize: 12,
      labelColor: { color: css(this.colours.ink) },
      labelRenderedSizeThreshold: 7,
      labelDensity: 0.7,
      labelGridCellSize: 110,
      defaultDrawNodeLabel: (...given) => this.#label(...given),
      defaultDrawNodeHover: (...given) => this.#hover(...given),
      minCameraRatio: 0.005,
      maxCameraRatio: 3,
      zIndex: true,
      hideLabelsOnMove: this.graph.order > MANY,
      hideEdgesOnMove: this.graph.size > MANY && drawnByProcessor(),
      nodeReducer: (key, values) => this.#shownNode(key, values),
      edgeReducer: (key, values) => this.#shownEdge(key, values),
      stagePadding: 24,
    });
    this.renderer.on("clickNode", ({ node }) => this.#tell("choose", node));
    this.renderer.on("clickStage", () => this.#tell("choose", null));
    this.renderer.on("doubleClickNode", (event) => {
      event.preventSigmaDefault();
      this.#tell("open", event.node);
    });
    this.renderer.getCamera().on("updated", () => {
      this.#keepPace();
      this.#tell("move");
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.recolour());
    element.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Draws less while the picture moves: no lines once a machine has shown that it is too slow. */
  #keepPace() {
    clearTimeout(this.resting);
    moving.add(this.renderer);
    this.resting = setTimeout(() => {
      moving.delete(this.renderer);
      this.renderer.scheduleRender();
    }, REST);
    const now = performance.now();
    const passed = now - this.moved;
    this.moved = now;
    // A longer pause is not a slow frame: the picture stood still.
    if (passed < 2500) this.slow = passed > SLOW ? this.slow + Math.ceil(passed / JERK) : 0;
    if (this.slow >= 3 && !this.renderer.getSetting("hideEdgesOnMove")) {
      this.renderer.setSetting("hideEdgesOnMove", true);
    }
  }

  #tell(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #readColours() {
    const stages = ["CURRENT", "DORMANT", "FORMER", "POTENTIAL", "USER_ONLY", "REFUSING", "UNENGAGED", ""];
    this.colours = {
      stages: Object.fromEntries(stages.map((one) => [one, colour(`stage-${one || "NONE"}`)])),
      ...Object.fromEntries(["ink", "soft", "line", "accent", "bad", "raised"].map((one) => [one, colour(`ink-${one}`)])),
    };
  }

  #fill({ parties, referrals, stages, kinds }) {
    this.data = { parties, referrals };
    const most = Math.max(1, ...parties.downstream.slice(0, 1));
    const { colours, graph } = this;
    parties.key.forEach((key, i) => {
      const share = Math.sqrt(Math.max(0, parties.downstream[i]) / most);
      const color = css(colours.stages[stages[parties.stage[i]]] ?? colours.soft);
      const ringed = parties.ring[i] >= 0;
      graph.addNode(key, {
        x: parties.x[i],
        y: parties.y[i],
        size: 2.5 + 10.5 * share,
        color,
        border: ringed ? css(colours.bad) : color,
        ringed,
        label: parties.name[i],
        stage: stages[parties.stage[i]],
        since: Infinity,
      });
    });
    referrals.giver.forEach((giver, i) => {
      const kind = kinds[referrals.kind[i]];
      const from = parties.key[giver];
      const to = parties.key[referrals.receiver[i]];
      const ringed = kind !== "broken" && parties.ring[giver] >= 0 && parties.ring[giver] === parties.ring[referrals.receiver[i]];
      const day = referrals.day[i];
      graph.addEdge(from, to, { kind, day, ringed, ...this.#line(kind, ringed) });
      for (const end of [from, to]) {
        if (day < graph.getNodeAttribute(end, "since")) graph.setNodeAttribute(end, "since", day);
      }
    });
    graph.forEachNode((key, { since }) => {
      if (since === Infinity) graph.setNodeAttribute(key, "since", -1);
    });
  }

  #line(kind, ringed) {
    const { size, opacity, dash = 0 } = LINES[kind];
    const base = ringed || kind === "broken" ? this.colours.bad : this.colours.soft;
    return { size: ringed ? 2.2 : size, dash, color: css(base, opacity) };
  }

  /** Shows another answer in place of the one shown; what is in both moves to its new place. */
  replace(data) {
    const before = new Map(this.graph.mapNodes((key, { x, y }) => [key, [x, y]]));
    this.graph.clear();
    this.#fill(data);
    this.renderer.setSetting("hideLabelsOnMove", this.graph.order > MANY);
    if (this.chosen && !this.graph.hasNode(this.chosen)) this.chosen = null;
    this.lit = null;
    if (!STILL.matches && this.graph.order <= MANY) this.#glide(before);
  }

  #glide(before) {
    const moves = [];
    this.graph.forEachNode((key, { x, y }) => {
      const [fromX, fromY] = before.get(key) ?? [x, y];
      if (fromX !== x || fromY !== y) moves.push([key, fromX, fromY, x, y]);
    });
    const start = performance.now();
    const { graph } = this;
    const step = (now) => {
      const t = Math.min(1, (now - start) / 450);
      const part = 1 - (1 - t) ** 3;
      for (const [key, fromX, fromY, x, y] of moves) {
        if (graph.hasNode(key)) {
          graph.mergeNodeAttributes(key, { x: fromX + (x - fromX) * part, y: fromY + (y - fromY) * part });
        }
      }
      if (t < 1) requestAnimationFrame(step);
    };
    if (moves.length) step(start);
  }

  #shownNode(key, values) {
    if (values.since > this.until) return { ...values, hidden: true };
    if (key === this.chosen) return { ...values, highlighted: true, forceLabel: true, zIndex: 2 };
    if (this.lit && !this.lit.has(key)) {
      const faint = css(this.colours.line);
      return { ...values, color: faint, border: faint, label: null, zIndex: 0 };
    }
    return this.lit ? { ...values, zIndex: 1, forceLabel: this.lit.size < 40 } : values;
  }

  #shownEdge(key, values) {
    if (values.day > this.until) return { ...values, hidden: true };
    if (this.lit) {
      const [from, to] = this.graph.extremities(key);
      if (!this.lit.has(from) || !this.lit.has(to)) return { ...values, color: css(this.colours.line, 0.35) };
    }
    return values;
  }

  #label(context, values, settings) {
    if (!values.label) return;
    context.font = `${settings.labelWeight} ${settings.labelSize}px ${settings.labelFont}`;
    const reach = values.size + 3 + context.measureText(values.label).width;
    // At the right edge a label stands before its node, so that it is not cut.
    const before = values.x + reach > this.element.clientWidth && values.x > reach;
    drawDiscNodeLabel(context, before ? { ...values, x: values.x - values.size - reach - 3 } : values, settings);
  }

  #hover(context, values, settings) {
    const { ink, raised, accent } = this.colours;
    context.font = `${settings.labelWeight} ${settings.labelSize}px ${settings.labelFont}`;
    const text = values.label ?? "";
    const width = context.measureText(text).width + 14;
    const right = values.x + values.size + 2;
    const left = right + width > this.element.clientWidth ? values.x - values.size - 2 - width : right;
    context.beginPath();
    context.roundRect(left, values.y - 12, width, 24, 5);
    context.fillStyle = css(raised);
    context.fill();
    context.strokeStyle = css(accent);
    context.lineWidth = 1;
    context.stroke();
    context.beginPath();
    context.arc(values.x, values.y, values.size + 3, 0, 2 * Math.PI);
    context.lineWidth = 2;
    context.stroke();
    context.fillStyle = css(ink);
    context.fillText(text, left + 7, values.y + 4);
  }

  #key(event) {
    const camera = this.renderer.getCamera();
    const { x, y, ratio } = camera.getState();
    const step = 0.12 * ratio;
    const moves = {
      ArrowLeft: { x: x - step },
      ArrowRight: { x: x + step },
      ArrowUp: { y: y + step },
      ArrowDown: { y: y - step },
      "+": { ratio: ratio / 1.4 },
      "-": { ratio: ratio * 1.4 },
      0: { x: 0.5, y: 0.5, ratio: 1 },
    };
    const move = moves[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#move(move);
  }

  #move(state) {
    const camera = this.renderer.getCamera();
    if (STILL.matches) camera.setState({ ...camera.getState(), ...state });
    else camera.animate(state, { duration: 200 });
  }

  zoom(factor) {
    this.#move({ ratio: this.renderer.getCamera().getState().ratio * factor });
  }

  fit() {
    this.#move({ x: 0.5, y: 0.5, ratio: 1 });
  }

  /** Returns where the camera stands, or puts it there. */
  get view() {
    const { x, y, ratio } = this.renderer.getCamera().getState();
    return [x, y, ratio];
  }

  set view([x, y, ratio]) {
    this.renderer.getCamera().setState({ x, y, ratio, angle: 0 });
  }

  /** Marks a party, and moves to it when asked to. */
  choose(key, move = false) {
    this.chosen = key && this.graph.hasNode(key) ? key : null;
    this.refresh();
    if (this.chosen && move) {
      const { x, y } = this.renderer.getNodeDisplayData(this.chosen);
      const { ratio } = this.renderer.getCamera().getState();
      this.#move({ x, y, ratio: Math.min(ratio, 0.4) });
    }
  }

  /** Lets only these parties shine; null for all. */
  light(keys) {
    this.lit = keys;
    this.refresh();
  }

  /** Shows only what there was by a day, counted from the first one. */
  grow(until) {
    this.until = until;
    this.refresh();
  }

  refresh() {
    this.renderer.refresh({ skipIndexation: false });
  }

  /** Takes the colours of the theme that is shown now. */
  recolour() {
    this.#readColours();
    const { colours } = this;
    // In their place: the renderer would draw each line anew before it knows the parties again.
    this.graph.forEachNode((_, values) => {
      const color = css(colours.stages[values.stage] ?? colours.soft);
      Object.assign(values, { color, border: values.ringed ? css(colours.bad) : color });
    });
    this.graph.forEachEdge((_, values) => Object.assign(values, this.#line(values.kind, values.ringed)));
    this.renderer.setSetting("labelColor", { color: css(colours.ink) });
    this.renderer.refresh();
  }

  /** Yields what is seen, in pixels: first lines, then discs, then labels. */
  *painted() {
    const { renderer, graph } = this;
    for (const key of graph.edges()) {
      const values = this.#shownEdge(key, graph.getEdgeAttributes(key));
      const [from, to] = graph.extremities(key).map((end) => renderer.getNodeDisplayData(end));
      if (values.hidden || from.hidden || to.hidden) continue;
      const [a, b] = [renderer.framedGraphToViewport(from), renderer.framedGraphToViewport(to)];
      yield { type: "line", x1: a.x, y1: a.y, x2: b.x, y2: b.y, color: values.color, width: values.size, dash: values.dash };
    }
    const labels = renderer.getNodeDisplayedLabels();
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = "12px sans-serif";
    const texts = [];
    for (const key of graph.nodes()) {
      const values = renderer.getNodeDisplayData(key);
      if (values.hidden) continue;
      const { x, y } = renderer.framedGraphToViewport(values);
      const r = renderer.scaleSize(values.size);
      yield { type: "disc", x, y, r, color: values.color, border: values.border };
      if (!values.label || !(labels.has(key) || key === this.chosen)) continue;
      const reach = r + 3 + pen.measureText(values.label).width;
      const before = x + reach > this.element.clientWidth && x > reach;
      texts.push({ type: "text", x: before ? x - reach : x + r + 3, y: y + 4, text: values.label });
    }
    yield* texts;
  }

  get size() {
    const { width, height } = this.renderer.getDimensions();
    return { width, height };
  }

  get paper() {
    return { ground: css(this.colours.raised), ink: css(this.colours.ink) };
  }
}
