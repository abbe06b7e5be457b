// One metric against another, or against a key, a point a configuration: at first rate and
// distortion, whose sum is −ELBO (Alemi et al. 2018, arXiv 1711.00464), or, where disentanglement
// was measured and β varied, the one against the other.

const RATE_AND_DISTORTION = ["test/kl", "test/reconstruction_loss"];
const BETA_AND_GAP = ["key objective.beta", "test/mig"];
const KEY = "key "; // before a key's name, which no metric's begins with
const LOG_FROM = 10; // times the least value: from then on a key's axis is logarithmic

/** Of a row's key its number, else null; "" and words are none. */
const keyOf = (row, name) => {
  const text = data.rows[row].keys[name];
  return text?.trim() && Number.isFinite(Number(text)) ? Number(text) : null;
};

/** The keys that differ and are numbers wherever they are. */
const numericKeys = () => data.columns.filter((name) => {
  const set = data.rows.map((_, row) => row).filter((row) => data.rows[row].keys[name]);
  return set.length && set.every((row) => keyOf(row, name) != null);
});

/** Mean ± standard error of a row, as its table has them, or its key; null without a finite mean. */
function estimateOf(row, name) {
  const [mean, error] = name.startsWith(KEY)
    ? [keyOf(row, name.slice(KEY.length))]
    : data.rows[row].estimates[name] ?? [];
  return mean == null ? null : { mean, error };
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
    const missing = rows.length - points.length;
    panels.push({ figure, frame, heading, points, missing, metrics: [x, y] });
  }
  const empty = make("p", { class: "quiet" }, "No point: no configuration has both metrics.");
  byId("scatter-panels").replaceChildren(...(panels.length ? panels.map((p) => p.figure) : [empty]));
  panels.forEach(drawScatterPanel); // now that they have a width
}

function drawScatterPanel({ frame, heading, points, missing, metrics }) {
  const width = Math.max(300, frame.clientWidth);
  const [logX, logY] = ["x", "y"].map((axis, i) =>
    metrics[i].startsWith(KEY) && isWide(points.map((point) => point[axis].mean)));
  const [xs, ys] = [["x", logX], ["y", logY]].map(([axis, log]) =>
    span(points.map((point) => point[axis]), log));
  const scales = frameOf(width, xs, ys, logX, logY);
  const { inner, atX, atY } = scales;
  const [xName, yName] = metrics.map((name) =>
    name.startsWith(KEY) ? name.slice(KEY.length) : withUnit(name));
  const label = `${yName} against ${xName}: ${heading}`;
  const svg = make("svg", { width, height: HEIGHT, role: "img", "aria-label": label });
  svg.append(...axes(scales, width, xName, yName));
  const names = [];
  const covered = []; // by error bars
  for (const { row, x, y } of points) {
    const [cx, cy] = [atX(x.mean), atY(y.mean)];
    const colour = chosen.has(row) ? lineClass(row) : "unchosen";
    const [dx, dy] = [x.error ?? 0, y.error ?? 0];
    const across = { x1: atX(x.mean - dx), x2: atX(x.mean + dx), y1: cy, y2: cy };
    const upright = { x1: cx, x2: cx, y1: atY(y.mean - dy), y2: atY(y.mean + dy) };
    const told = metrics.filter((name) => !name.startsWith(KEY))
      .map((name) => `${name} ${data.rows[row].estimates[name]?.[2] ?? "–"}`);
    const group = make("g", { class: `point ${colour}` });
    group.append(
      make("line", across), make("line", upright), make("circle", { cx, cy, r: 4.5 }),
      make("title", {}, [data.rows[row].label, ...told].join("\n")),
    );
    svg.append(group);
    for (const bar of [across, upright]) {
      const [x, y] = [bar.x1, bar.y2];
      covered.push({ x, y, width: bar.x2 - x, height: bar.y1 - y });
    }
    names.push({ cx, cy, text: make("text", { class: "name" }, data.rows[row].short) });
  }
  frame.replaceChildren(svg);
  const left = placeNames(svg, names, covered, inner);
  const note = `Names without room: ${left}. Point at a dot for its own.`;
  if (left) frame.append(make("p", { class: "quiet" }, note));
  const without = `Rows without a finite number for both axes, and so without a dot: ${missing}.`;
  if (missing) frame.append(make("p", { class: "quiet" }, without));
}

/** Put each name beside its dot, where it covers nothing and is not cut; returns how many have no
 * such place, and are left out. */
function placeNames(svg, names, covered, inner) {
  const dots = names.map(({ cx, cy }) => ({ x: cx - 6, y: cy - 6, width: 12, height: 12 }));
  const taken = [...covered, ...dots];
  const free = (box) =>
    box.x >= inner.x && box.x + box.width <= inner.x + inner.width &&
    box.y >= inner.y && box.y + box.height <= inner.y + inner.height &&
    !taken.some((other) => meet(box, other));
  let left = 0;
  for (const { cx, cy, text } of names) {
    svg.append(text);
    const { y: rise, width, height } = text.getBBox(); // as written at 0, 0
    const across = [cx + 9, cx - 9 - width, cx - width / 2];
    const up = [cy - height / 2, cy - 9 - height, cy + 9];
    const boxes = up.flatMap((y) => across.map((x) => ({ x, y, width, height })));
    const box = boxes.find(free);
    if (!box) {
      text.remove();
      left += 1;
      continue;
    }
    taken.push(box);
    text.setAttribute("x", box.x);
    text.setAttribute("y", box.y - rise);
  }
  return left;
}

const meet = (a, b) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/** Whether all are positive and the largest is many times the least. */
const isWide = (values) =>
  Math.min(...values) > 0 && Math.max(...values) >= LOG_FROM * Math.min(...values);

/** Limits around means and errors, with some air. */
function span(estimates, log) {
  const low = Math.min(...estimates.map(({ mean, error }) => mean - (error ?? 0)));
  const high = Math.max(...estimates.map(({ mean, error }) => mean + (error ?? 0)));
  if (log) return [low / (high / low) ** 0.08, high * (high / low) ** 0.08];
  const air = (high - low || Math.abs(high) || 1) * 0.08;
  return [low - air, high + air];
}

function drawScatterControls() {
  const keys = numericKeys().map((name) => ({ name: KEY + name, short: name }));
  const all = [...data.metrics, ...keys];
  const known = new Set(all.map(({ name }) => name));
  const first = BETA_AND_GAP.every((name) => known.has(name)) ? BETA_AND_GAP : RATE_AND_DISTORTION;
  ["scatter-x", "scatter-y"].forEach((id, axis) => {
    byId(id).replaceChildren(...all.map(({ name, short }) => make("option", { value: name }, short)));
    if (known.has(first[axis])) byId(id).value = first[axis];
  });
}
