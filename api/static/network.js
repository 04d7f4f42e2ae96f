// The page of referrals: the picture, its table, the party at its side and the address, in step.
import { keepAddress } from "./address.js";
import { element } from "./element.js";
import { png, svg } from "./network-export.js";
import { NetworkMap } from "./network-map.js";
import { save, standalone } from "./svg-files.js";
import { DataTable } from "./table.js";
import { day, text } from "./texts.js";

const holder = document.getElementById("map");
const panel = document.getElementById("party");
const form = document.getElementById("choice");
const asked = new URLSearchParams(location.search);
const STILL = matchMedia("(prefers-reduced-motion: reduce)").matches;
const DAY = 86_400_000;

let map = null;
let table = null;
let shown = null;
let turn = 0;

/** Keeps what is seen in the address, so that a link shows the same view. */
function remember() {
  keepAddress(asked);
}

let waiting = 0;
function rememberSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(remember, 250);
}

function keep(name, value) {
  if (value == null || value === "") asked.delete(name);
  else asked.set(name, value);
  rememberSoon();
}

// The picture

function cover(...content) {
  holder.querySelector(".over")?.remove();
  if (content.length) holder.append(element("div", { class: "over", role: "status" }, ...content));
}

function mapAddress(more = {}) {
  const given = new URLSearchParams(asked);
  for (const name of ["focus", "from", "to", "sel", "view", "until", "page", "now", "lang", "theme"]) given.delete(name);
  for (const key of pathKeys()) given.append("include", key);
  for (const [name, value] of Object.entries(more)) given.set(name, value);
  return `${holder.dataset.address}?${given}`;
}

function pathKeys() {
  const links = document.querySelectorAll("table[data-path] a[data-party]");
  return [...new Set([...links].map((link) => link.dataset.party))];
}

async function load() {
  const mine = ++turn;
  cover(element("p", { class: "loading" }, text("drawing.loading")));
  holder.ariaBusy = "true";
  try {
    const response = await fetch(mapAddress(), { headers: { Accept: "application/json" } });
    const data = await response.json();
    if (!response.ok) throw new Error(data.detail);
    if (mine !== turn) return;
    cover();
    show(data);
  } catch (error) {
    if (mine !== turn) return;
    cover(
      element("p", {}, text("drawing.failed", { why: error.message })),
      element("button", { type: "button", class: "second", onclick: load }, text("drawing.retry")),
    );
  } finally {
    if (mine === turn) holder.ariaBusy = "false";
  }
}

function show(data) {
  shown = data;
  if (map) map.replace(data);
  else if (!start(data)) cover(element("p", {}, text("drawing.no_gl")));
  showTable(data);
  prepareGrowth(data);
  document.getElementById("facts").textContent = text("drawing.shown", {
    n: data.matching,
    shown: data.parties.key.length,
  });
  for (const link of document.querySelectorAll("a[data-format]")) link.href = mapAddress({ format: link.dataset.format });
  const path = pathKeys();
  if (map && path.length) map.light(new Set(path));
  if (asked.get("sel")) choose(asked.get("sel"), !asked.has("view"));
  holder.dataset.drawn = data.parties.key.length;
}

function start(data) {
  try {
    map = new NetworkMap(holder, data);
  } catch {
    return false;
  }
  const view = asked.get("view")?.split(",").map(Number);
  if (view?.length === 3 && view.every(Number.isFinite)) map.view = view;
  map.addEventListener("choose", ({ detail }) => choose(detail));
  map.addEventListener("open", ({ detail }) => openChain(detail));
  map.addEventListener("move", () => keep("view", map.view.map((one) => one.toFixed(3)).join(",")));
  holder.networkMap = map;
  return true;
}

function openChain(key) {
  const given = new URLSearchParams(asked);
  for (const name of ["view", "sel", "page"]) given.delete(name);
  given.set("focus", key);
  location.search = given;
}

// The table

function showTable({ parties, stages }) {
  const stageNames = JSON.parse(holder.dataset.stages);
  const rows = parties.key.map((key, i) => ({
    key,
    name: parties.name[i],
    stage: stageNames[stages[parties.stage[i]]] ?? text("drawing.unclassified"),
    downstream: Math.round(parties.downstream[i] / 100),
    brought: parties.descendants[i],
    depth: parties.depth[i],
  }));
  if (table) {
    table.show(rows);
    return;
  }
  table = new DataTable(document.getElementById("parties"), {
    label: text("drawing.parties"),
    columns: [
      { title: text("drawing.party"), value: (row) => row.name },
      { title: text("drawing.downstream"), value: (row) => row.downstream, number: true },
      { title: text("drawing.stage"), value: (row) => row.stage },
      { title: text("drawing.brought"), value: (row) => row.brought, number: true },
      { title: text("drawing.depth"), value: (row) => row.depth, number: true },
    ],
    rows,
    chosen: (row) => choose(row.key, true),
  });
  table.filter.addEventListener("input", () => {
    const found = table.visibleRows();
    map?.light(table.filter.value ? new Set(found.map((row) => row.key)) : null);
  });
}

// The party at the side

async function choose(key, move = false) {
  map?.choose(key, move);
  const row = key && table?.visibleRows().find((one) => one.key === key);
  table?.select(row || null);
  keep("sel", key);
  if (!key) {
    panel.hidden = true;
    panel.replaceChildren();
    return;
  }
  const address = new URL(panel.dataset.address, location);
  for (const name of ["as_of", "params", "knowledge"]) if (asked.get(name)) address.searchParams.set(name, asked.get(name));
  address.searchParams.set("party", key);
  address.searchParams.set("part", 1);
  try {
    const response = await fetch(address);
    if (!response.ok) throw new Error(response.statusText);
    fillPanel(await response.text());
  } catch (error) {
    panel.replaceChildren(element("p", { class: "message" }, text("drawing.failed", { why: error.message })));
  }
  panel.hidden = false;
  panel.ariaBusy = "false";
}

function fillPanel(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const close = element("button", { type: "button", class: "tool close", "aria-label": text("drawing.close"), onclick: () => choose(null) }, "×");
  panel.replaceChildren(...parsed.body.childNodes, close);
  const expand = panel.querySelector("[data-expand]");
  if (expand) {
    expand.hidden = !map;
    expand.onclick = () => {
      if (!asked.getAll("expand").includes(expand.dataset.expand)) asked.append("expand", expand.dataset.expand);
      remember();
      load();
    };
  }
  const end = panel.querySelector("[data-end]");
  if (end) {
    end.onclick = () => {
      document.getElementById("from").value = end.dataset.end;
      document.getElementById("to").focus();
    };
  }
}

// The days

let playing = null;

function prepareGrowth({ since, as_of: asOf }) {
  const growth = document.getElementById("growth");
  growth.hidden = !since;
  if (!since || !map) return;
  const slider = document.getElementById("until");
  const [first, last] = [Date.parse(since), Date.parse(asOf)];
  slider.max = Math.round((last - first) / DAY);
  const told = Math.round((Date.parse(asked.get("until") ?? "") - first) / DAY);
  slider.value = Number.isFinite(told) ? told : slider.max;
  grow(Number(slider.value), first);
  slider.oninput = () => grow(Number(slider.value), first);
  document.getElementById("play").onclick = () => play(slider, first);
}

function grow(place, first) {
  const slider = document.getElementById("until");
  const date = new Date(first + place * DAY).toISOString();
  const whole = place >= Number(slider.max);
  document.getElementById("until-day").textContent = day(date);
  slider.setAttribute("aria-valuetext", day(date));
  map.grow(whole ? Infinity : place);
  keep("until", whole ? null : date.slice(0, 10));
}

function play(slider, first) {
  const button = document.getElementById("play");
  if (playing) {
    clearInterval(playing);
    playing = null;
    button.textContent = text("drawing.play");
    return;
  }
  if (Number(slider.value) >= Number(slider.max)) slider.value = 0;
  const step = Math.max(1, Math.round(Number(slider.max) / (STILL ? 12 : 100)));
  button.textContent = text("drawing.pause");
  playing = setInterval(() => {
    slider.value = Number(slider.value) + step;
    grow(Number(slider.value), first);
    if (Number(slider.value) >= Number(slider.max)) play(slider, first);
  }, STILL ? 1000 : 100);
}

// What people do

function chosenAnew() {
  for (const name of new Set([...form.elements].map((one) => one.name).filter(Boolean))) {
    if (name !== "expand") asked.delete(name);
  }
  for (const [name, value] of new FormData(form)) if (value && name !== "expand") asked.append(name, value);
  for (const name of ["page", "view"]) asked.delete(name);
  remember();
  load();
}

// Paper shows no canvas: it gets the picture as a drawing, in the light theme.

const printed = element("div", { class: "printed", "aria-hidden": "true" });

function drawForPaper() {
  if (!map) return;
  const { dataset } = document.documentElement;
  const theme = dataset.theme;
  dataset.theme = "light";
  map.recolour();
  const drawing = svg(map);
  if (theme) dataset.theme = theme;
  else delete dataset.theme;
  map.recolour();
  const parsed = new DOMParser().parseFromString(drawing, "image/svg+xml").documentElement;
  printed.replaceChildren(document.adoptNode(parsed));
  holder.append(printed);
}

window.addEventListener("beforeprint", drawForPaper);
window.addEventListener("afterprint", () => printed.remove());

async function saved(kind) {
  const name = `referrals-${shown?.as_of ?? ""}`;
  if (kind === "png") save(`${name}.png`, await png(map));
  else if (kind === "svg") save(`${name}.svg`, new Blob([svg(map)], { type: "image/svg+xml" }));
  else save("chain.svg", standalone(document.getElementById("chain")));
}

document.addEventListener("click", (event) => {
  const { target } = event;
  const zoom = target.closest("[data-zoom]");
  if (zoom) map?.zoom(Number(zoom.dataset.zoom));
  if (target.closest("[data-fit]")) map?.fit();
  const saving = target.closest("[data-save]");
  if (saving) saved(saving.dataset.save);
  const party = target.closest("[data-party]");
  const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
  // A party of the picture is shown at its side; its chain is one click further.
  if (party && plain && map && map.graph.hasNode(party.dataset.party)) {
    event.preventDefault();
    choose(party.dataset.party, true);
  }
});

if (holder) {
  form.addEventListener("change", chosenAnew);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    chosenAnew();
  });
  load();
} else if (panel && asked.get("focus")) {
  choose(asked.get("focus"));
}
