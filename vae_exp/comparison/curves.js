// The learning curves of the chosen rows: one panel a block, since what may not be ranked together
// should not share an axis either.

const AXES = {
  step: "optimiser step", epoch: "epoch", "time/train_seconds": "training time, seconds",
};
let drawnCurves = []; // what the panels show, for the download
let curveRow = null; // the row that the legend points at

/** What is drawn of a row: a curve a seed, or their mean with its standard error. */
function curvesOf(row, metric, x) {
  const split = metric.split("/")[0];
  const each = data.rows[row].runs.map((run) => {
    const columns = run.curves[split] ?? {};
    const [xs, ys] = [columns[x] ?? [], columns[metric] ?? []];
    const points = ys.map((y, i) => [xs[i], y]).filter(([a, b]) => a != null && b != null);
    return { row, name: `seed ${run.seed}`, points };
  }).filter((curve) => curve.points.length);
  const mean = byId("curve-seeds").value !== "each" && each.length > 1;
  const drawn = mean ? [meanCurve(row, each)].filter((curve) => curve.points.length) : each;
  return drawn.map((curve) => ({ ...curve, points: smoothed(curve.points), raw: curve.points }));
}

/** The mean so far, in which a point counts w times as much as the one after it. */
function smoothed(points) {
  const w = Number(byId("curve-smooth").value);
  let [sum, weight] = [0, 0];
  return points.map(([x, y, ...error]) => {
    [sum, weight] = [w * sum + (1 - w) * y, w * weight + 1 - w];
    return [x, sum / weight, ...error];
  });
}

/** At the places of the first seed's points, as far as all seeds reach: mean and s/√n. */
function meanCurve(row, curves) {
  const end = Math.min(...curves.map((curve) => curve.points.at(-1)[0]));
  const start = Math.max(...curves.map((curve) => curve.points[0][0]));
  const n = curves.length;
  const points = curves[0].points.filter(([x]) => x >= start && x <= end).map(([x]) => {
    const values = curves.map((curve) => interpolate(curve.points, x));
    const mean = values.reduce((sum, v) => sum + v, 0) / n;
    const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
    return [x, mean, Math.sqrt(squares / (n - 1) / n)];
  });
  return { row, name: `mean of ${n} seeds`, points };
}

function interpolate(points, x) {
  const right = Math.max(0, points.findIndex((point) => point[0] >= x));
  const [[x0, y0], [x1, y1]] = [points[Math.max(0, right - 1)], points[right]];
  return x1 === x0 ? y1 : y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
}

function drawCurves() {
  const [metric, x] = [byId("curve-metric").value, byId("curve-x").value];
  const groups = [...data.blocks, { heading: "Not ranked", rows: data.unranked }];
  const panels = [];
  for (const { heading, rows } of groups) {
    const curves = rows.filter((row) => chosen.has(row)).flatMap((row) => curvesOf(row, metric, x));
    if (!curves.length) continue;
    const frame = make("div", { class: "frame" });
    const figure = make("figure", {}, make("figcaption", {}, heading), frame);
    panels.push({ figure, frame, heading, curves, metric, x, id: panels.length });
  }
  drawnCurves = panels;
  const empty = make("p", { class: "quiet" }, "No curve: no chosen row has this metric.");
  byId("panels").replaceChildren(...(panels.length ? panels.map((p) => p.figure) : [empty]));
  panels.forEach(drawPanel); // now that they have a width
  drawLegend();
}

function drawLegend() {
  const pointAt = (row) => () => {
    curveRow = row;
    highlight();
  };
  byId("legend").replaceChildren(...chosenRows().map((row) => {
    const [on, off] = [pointAt(row), pointAt(null)];
    const listeners = { focus: on, pointerenter: on, blur: off, pointerleave: off };
    return make("button", { type: "button", ...listeners }, swatch(row), data.rows[row].label);
  }));
}

/** Fade all curves but those of the row that is pointed at; but the one curve, in its panel. */
function highlight(only = null) {
  for (const path of byId("panels").querySelectorAll("path[data-row]")) {
    const on = only ? path === only : Number(path.dataset.row) === curveRow;
    const here = only ? path.closest(".frame") === only.closest(".frame") : curveRow !== null;
    path.classList.toggle("lit", on);
    path.classList.toggle("faded", here && !on);
  }
}

function drawCurveControls() {
  const found = new Set();
  const xs = new Set();
  for (const run of data.rows.flatMap((row) => row.runs)) {
    for (const columns of Object.values(run.curves)) {
      for (const name of Object.keys(columns)) {
        (Object.hasOwn(AXES, name) ? xs : found).add(name);
      }
    }
  }
  const training = (name) => Number(name.startsWith("train/"));
  const names = [...found].sort((a, b) => training(a) - training(b));
  const option = (value, text) => make("option", { value }, text);
  byId("curve-metric").replaceChildren(...names.map((name) => option(name, name)));
  if (found.has("val/elbo")) byId("curve-metric").value = "val/elbo";
  const axes = Object.keys(AXES).filter((x) => xs.has(x));
  byId("curve-x").replaceChildren(...axes.map((x) => option(x, AXES[x])));
  if (xs.has("epoch")) byId("curve-x").value = "epoch";
}
