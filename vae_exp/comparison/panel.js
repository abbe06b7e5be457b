// One panel of curves: axes, lines, and what shows under the pointer.

const HEIGHT = 340;
const MARGIN = { left: 64, right: 14, top: 10, bottom: 42 };
const IN_NATS = /(^|_)(elbo|loss|kl|likelihood|gap|information|estimate)($|_)/;

function drawPanel({ frame, heading, curves, metric, x, id }) {
  const width = Math.max(300, frame.clientWidth);
  const scales = scalesOf(curves, width);
  const unit = IN_NATS.test(metric.split("/")[1]) ? ", nats per datum" : "";
  const label = `${metric}${unit} over ${AXES[x]}: ${heading}`;
  const svg = make("svg", { width, height: HEIGHT, role: "img", "aria-label": label });
  svg.append(...axes(scales, width, AXES[x], metric + unit), ...lines(curves, scales, id));
  const spot = make("circle", { r: 4, visibility: "hidden" });
  const tip = make("div", { class: "tip", hidden: true });
  svg.append(spot);
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const nearest = nearestPoint(curves, scales, event.clientX - box.left, event.clientY - box.top);
    if (nearest) showTip(tip, spot, nearest, x, metric, width);
  });
  svg.addEventListener("pointerleave", () => {
    tip.hidden = true;
    spot.setAttribute("visibility", "hidden");
    highlight();
  });
  frame.replaceChildren(svg, tip);
}

/** The limits of both axes and the maps from values to pixels. */
function scalesOf(curves, width) {
  const xs = curves.flatMap((curve) => [curve.points[0][0], curve.points.at(-1)[0]]);
  const [x0, x1] = [Math.min(...xs), Math.max(...xs)];
  const [y0, y1] = limits(curves, byId("curve-robust").checked);
  const inner = {
    x: MARGIN.left,
    y: MARGIN.top,
    width: width - MARGIN.left - MARGIN.right,
    height: HEIGHT - MARGIN.top - MARGIN.bottom,
  };
  const atX = (value) => inner.x + ((value - x0) / (x1 - x0 || 1)) * inner.width;
  const atY = (value) => inner.y + ((y1 - value) / (y1 - y0)) * inner.height;
  return { x0, x1, y0, y1, inner, atX, atY };
}

/** Limits with some air; the robust ones pass over the first tenth and the outermost percents. */
function limits(curves, robust) {
  const late = (points) => points.slice(robust ? Math.floor(points.length / 10) : 0);
  const values = curves.flatMap((curve) => late(curve.points).map((point) => point[1]));
  values.sort((a, b) => a - b);
  const cut = robust ? Math.floor(values.length / 100) : 0;
  const [low, high] = [values[cut], values[values.length - 1 - cut]];
  const air = (high - low || Math.abs(high) || 1) * 0.06;
  return [low - air, high + air];
}

/** About so many round numbers between two. */
function ticks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((size) => size >= rough);
  const [first, last] = [Math.ceil(low / step), Math.floor(high / step + 1e-9)];
  const at = (i) => Number(((first + i) * step).toPrecision(12)); // not 0.30000000000000004
  return Array.from({ length: last - first + 1 }, (_, i) => at(i));
}

function axes({ x0, x1, y0, y1, inner, atX, atY }, width, xName, yName) {
  const write = (text, x, y, more) => make("text", { x, y, ...more }, text);
  const tick = (value) => (Math.abs(value) >= 1e6 ? value.toExponential() : String(value));
  const right = width - MARGIN.right;
  const found = [];
  for (const y of ticks(y0, y1, 6)) {
    found.push(make("line", { class: "grid", x1: inner.x, x2: right, y1: atY(y), y2: atY(y) }));
    found.push(write(tick(y), inner.x - 8, atY(y) + 4, { "text-anchor": "end" }));
  }
  const below = HEIGHT - MARGIN.bottom + 18;
  for (const x of ticks(x0, x1 > x0 ? x1 : x0 + 1, 7)) {
    found.push(write(tick(x), atX(x), below, { "text-anchor": "middle" }));
  }
  const [centre, middle] = [inner.x + inner.width / 2, inner.y + inner.height / 2];
  const name = { class: "axis", "text-anchor": "middle" };
  found.push(write(xName, centre, HEIGHT - 6, name));
  found.push(write(yName, 14, middle, { ...name, transform: `rotate(-90 14 ${middle})` }));
  return found;
}

/** The curves, clipped to the panel, each with a band where it has a standard error. */
function lines(curves, { inner, atX, atY }, id) {
  const place = ([x, y]) => `${atX(x).toFixed(1)} ${atY(y).toFixed(1)}`;
  // a single point would be invisible
  const trace = (points) => `M${points.map(place).join("L")}${points.length > 1 ? "" : "h4"}`;
  const group = make("g", { "clip-path": `url(#clip-${id})` });
  for (const curve of curves) {
    const colour = lineClass(curve.row);
    if (curve.points[0].length === 3) {
      const upper = curve.points.map(([x, mean, error]) => [x, mean + error]);
      const lower = curve.points.map(([x, mean, error]) => [x, mean - error]).reverse();
      group.append(make("path", { class: `band ${colour}`, d: `${trace([...upper, ...lower])}Z` }));
    }
    const style = { class: colour, "stroke-dasharray": dashes(curve.row) };
    curve.path = make("path", { ...style, "data-row": curve.row, d: trace(curve.points) });
    group.append(curve.path);
  }
  return [make("clipPath", { id: `clip-${id}` }, make("rect", inner)), group];
}

function nearestPoint(curves, { inner, atX, atY }, x, y) {
  let nearest = null;
  for (const curve of curves) {
    for (const point of curve.points) {
      const at = [atX(point[0]), atY(point[1])];
      if (at[1] < inner.y || at[1] > inner.y + inner.height) continue; // clipped
      const distance = (at[0] - x) ** 2 + (at[1] - y) ** 2;
      if (!nearest || distance < nearest.distance) nearest = { distance, curve, point, at };
    }
  }
  return nearest;
}

function showTip(tip, spot, { curve, point, at }, x, metric, width) {
  const error = point.length === 3 ? ` ± ${Number(point[2].toPrecision(2))}` : "";
  tip.replaceChildren(
    make("strong", {}, data.rows[curve.row].label), ` ${curve.name}`, make("br"),
    `${x.split("/").at(-1)} ${number(point[0])}: ${metric} ${number(point[1])}${error}`,
  );
  tip.hidden = false;
  const left = at[0] < width / 2 ? at[0] + 12 : at[0] - tip.offsetWidth - 12;
  tip.style.left = `${Math.max(0, left)}px`;
  tip.style.top = `${Math.max(0, at[1] - tip.offsetHeight - 10)}px`;
  const look = { cx: at[0], cy: at[1], class: lineClass(curve.row), visibility: "visible" };
  for (const [name, value] of Object.entries(look)) spot.setAttribute(name, value);
  highlight(curve.path);
}
