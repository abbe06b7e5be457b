// One metric against another, a point a configuration: at first rate and distortion, whose sum is
// −ELBO (Alemi et al. 2018, arXiv 1711.00464).

const RATE_AND_DISTORTION = ["test/kl", "test/reconstruction_loss"];
const LABELLED = 24; // rows of a panel at most whose points have their names beside them

/** Mean ± standard error of a row, over its seeds, or of its one run over the test set. */
function estimateOf(row, metric) {
  const runs = data.rows[row].runs.map((run) => run.scalars);
  const values = runs.map((scalars) => scalars[metric]).filter((value) => value != null);
  if (!values.length) return null;
  const n = values.length;
  const mean = values.reduce((sum, v) => sum + v, 0) / n;
  const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  const error = n > 1 ? Math.sqrt(squares / (n - 1) / n) : runs[0][`${metric}_stderr`] ?? 0;
  return { mean, error };
}

function drawScatter() {
  const [x, y] = [byId("scatter-x").value, byId("scatter-y").value];
  const panels = [];
  for (const { heading, rows } of data.blocks) {
    const points = rows
      .map((row) => ({ row, x: estimateOf(row, x), y: estimateOf(row, y) }))
      .filter((point) => point.x && point.y);
    if (!points.length) continue;
    const frame = make("div", { class: "frame" });
    const figure = make("figure", {}, make("figcaption", {}, heading), frame);
    panels.push({ figure, frame, heading, points, names: [x, y] });
  }
  const empty = make("p", { class: "quiet" }, "No point: no configuration has both metrics.");
  byId("scatter-panels").replaceChildren(...(panels.length ? panels.map((p) => p.figure) : [empty]));
  panels.forEach(drawScatterPanel); // now that they have a width
}

function drawScatterPanel({ frame, heading, points, names }) {
  const width = Math.max(300, frame.clientWidth);
  const inner = {
    x: MARGIN.left,
    y: MARGIN.top,
    width: width - MARGIN.left - MARGIN.right,
    height: HEIGHT - MARGIN.top - MARGIN.bottom,
  };
  const [[x0, x1], [y0, y1]] = ["x", "y"].map((axis) => span(points.map((point) => point[axis])));
  const atX = (value) => inner.x + ((value - x0) / (x1 - x0)) * inner.width;
  const atY = (value) => inner.y + ((y1 - value) / (y1 - y0)) * inner.height;
  const [xName, yName] = names.map(withUnit);
  const label = `${yName} against ${xName}: ${heading}`;
  const svg = make("svg", { width, height: HEIGHT, role: "img", "aria-label": label });
  svg.append(...axes({ x0, x1, y0, y1, inner, atX, atY }, width, xName, yName));
  const namesPlaced = [];
  for (const { row, x, y } of points) {
    const [cx, cy] = [atX(x.mean), atY(y.mean)];
    const colour = chosen.has(row) ? lineClass(row) : "unchosen";
    const across = { x1: atX(x.mean - x.error), x2: atX(x.mean + x.error), y1: cy, y2: cy };
    const upright = { x1: cx, x2: cx, y1: atY(y.mean - y.error), y2: atY(y.mean + y.error) };
    const told = names.map((name) => `${name} ${data.rows[row].estimates[name]?.[1] ?? "–"}`);
    const group = make("g", { class: `point ${colour}` });
    group.append(
      make("line", across), make("line", upright), make("circle", { cx, cy, r: 4.5 }),
      make("title", {}, [data.rows[row].label, ...told].join("\n")),
    );
    svg.append(group);
    if (points.length <= LABELLED) {
      const flip = cx > width * 0.7;
      const place = { x: cx + (flip ? -9 : 9), y: cy - 7, "text-anchor": flip ? "end" : "start" };
      const covered = (other) => Math.abs(other.x - place.x) < 120 && Math.abs(other.y - place.y) < 13;
      while (namesPlaced.some(covered)) place.y += 14;
      namesPlaced.push(place);
      svg.append(make("text", { class: "name", ...place }, data.rows[row].label));
    }
  }
  frame.replaceChildren(svg);
}

/** Limits around means and errors, with some air. */
function span(estimates) {
  const low = Math.min(...estimates.map(({ mean, error }) => mean - error));
  const high = Math.max(...estimates.map(({ mean, error }) => mean + error));
  const air = (high - low || Math.abs(high) || 1) * 0.08;
  return [low - air, high + air];
}

const withUnit = (name) => name + (IN_NATS.test(name.split("/").at(-1)) ? ", nats per datum" : "");

function drawScatterControls() {
  const names = data.metrics.map((metric) => metric.name);
  ["scatter-x", "scatter-y"].forEach((id, axis) => {
    const options = data.metrics.map(({ name, short }) => make("option", { value: name }, short));
    byId(id).replaceChildren(...options);
    const first = RATE_AND_DISTORTION[axis];
    if (names.includes(first)) byId(id).value = first;
  });
}
