"use strict";
// What the sections share: the data, which rows are chosen, and how elements are made. Strings from
// run folders become text nodes or attribute values here, never markup.

// no name of a run's, constructor or __proto__, finds anything but what the run has written
const bare = (_, value) =>
  value && typeof value === "object" && !Array.isArray(value)
    ? Object.setPrototypeOf(value, null) : value;
const data = JSON.parse(document.getElementById("data").textContent, bare);
const byId = (id) => document.getElementById(id);
const COLOURS = 6; // in page.css: --line-0 ...
const SVG = new Set(["svg", "path", "line", "text", "g", "rect", "clipPath", "circle", "title"]);
const DASHES = ["", "7 3", "2 2.5", "9 3 2 3"];

/** An element with properties (functions listen, others are attributes) and children. */
function make(tag, properties = {}, ...children) {
  const svg = SVG.has(tag);
  const element = svg
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Row number → its place among colours and dashes, which it keeps while it is chosen. */
const chosen = new Map();

function choose(row, on) {
  if (!on) return chosen.delete(row);
  const taken = new Set(chosen.values());
  let slot = 0;
  while (taken.has(slot)) slot += 1;
  if (!chosen.has(row)) chosen.set(row, slot);
}

function chooseOnly(rows) {
  chosen.clear();
  for (const row of rows) choose(row, true);
  drawChosen();
}

const chosenRows = () => data.rows.map((_, row) => row).filter((row) => chosen.has(row));

/** Colour and dashes change together, so that either tells neighbours apart. */
const lineClass = (row) => `line-${chosen.get(row) % COLOURS}`;
const dashes = (row) => {
  const slot = chosen.get(row);
  return DASHES[(slot + Math.floor(slot / COLOURS)) % DASHES.length];
};

/** A short stroke as in the curves; empty for a row that is not chosen. */
function swatch(row) {
  const svg = make("svg", { class: "swatch", width: 30, height: 10, "aria-hidden": "true" });
  if (chosen.has(row)) {
    const line = { x1: 1, x2: 29, y1: 5, y2: 5, class: lineClass(row) };
    svg.append(make("line", { ...line, "stroke-dasharray": dashes(row) }));
  }
  return svg;
}

const number = (value) =>
  value == null ? "–" : String(Math.abs(value) >= 1e6 ? value : Number(value.toPrecision(6)));

/** Everything below the tables follows the choice; the tables only change their swatches. */
function drawChosen() {
  drawChoices();
  drawScatter();
  drawCurves();
  drawPictures();
  drawDifference();
}
