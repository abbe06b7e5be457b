// One panel of curves: axes, lines, and what shows under the pointer.

const HEIGHT = 340;
const MARGIN = { left: 78, right: 24, top: 10, bottom: 42 };
const IN_NATS = /(^|_)(elbo|loss|kl|likelihood|gap|information|estimate)($|_)/;

function drawPanel({ frame, heading, curves, metric, x, id }) {
  const width = Math.max(300, frame.clientWidth);
  const scales = scalesOf(curves, width);
  const note = logFails(curves).length
    ? [`No log scale ${logFails(curves).join(" or ")}: not all is positive.`]
    : [];
  const label = `${withUnit(metric)} over ${AXES[x]}: ${heading}`;
  const svg = make("svg", { width, height: HEIGHT, role: "img", "aria-label": label });
  svg.append(...axes(scales, width, AXES[x], withUnit(metric)), ...lines(curves, scales, id));
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
  frame.replaceChildren(svg, tip, ...note.map((text) => make("p", { class: "quiet" }, text)));
}

const withUnit = (metric) =>
  metric + (IN_NATS.test(metric.split("/").at(-1)) ? ", nats per datum" : "");

/** The scales of curves. */
function scalesOf(curves, width) {
  const xs = curves.flatMap((curve) => [curve.points[0][0], curve.points.at(-1)[0]]);
  const fails = logFails(curves);
  const [logX, logY] = wantedLogs().map((wanted) => wanted && !fails.includes(wanted));
  const ys = limits(curves, byId("curve-robust").checked, logY);
  return frameOf(width, [Math.min(...xs), Math.max(...xs)], ys, logX, logY);
}

/** The scales of a panel: the limits of both axes and the maps from values to pixels. */
function frameOf(width, [x0, x1], [y0, y1], logX, logY) {
  const inner = {
    x: MARGIN.left,
    y: MARGIN.top,
    width: width - MARGIN.left - MARGIN.right,
    height: HEIGHT - MARGIN.top - MARGIN.bottom,
  };
  const [acrossOf, upOf] = [share(x0, x1, logX), share(y0, y1, logY)];
  const atX = (value) => inner.x + acrossOf(value) * inner.width;
  const atY = (value) => inner.y + (1 - upOf(value)) * inner.height;
  return { x0, x1, y0, y1, inner, atX, atY, logX, logY };
}

/** The map from a value between two to a number between 0 and 1. */
function share(low, high, log) {
  const f = log ? Math.log : (value) => value;
  return (value) => (f(value) - f(low)) / (f(high) - f(low) || 1);
}

/** "across" and "upwards", or null, as the control has them. */
function wantedLogs() {
  const scale = byId("curve-scale").value;
  return ["across", "upwards"].map((axis) => ([axis, "both"].includes(scale) ? axis : null));
}

/** Those of the log scales asked for that these curves cannot have. */
function logFails(curves) {
  const positive = (i) => curves.every(({ points }) => points.every((point) => point[i] > 0));
  return wantedLogs().filter((axis, i) => axis && !positive(i));
}

/** Limits with some air; the robust ones pass over the first tenth and the outermost percents. */
function limits(curves, robust, log) {
  const late = (points) => points.slice(robust ? Math.floor(points.length / 10) : 0);
  const values = curves.flatMap((curve) => late(curve.points).map((point) => point[1]));
  values.sort((a, b) => a - b);
  const cut = robust ? Math.floor(values.length / 100) : 0;
  const [low, high] = [values[cut], values[values.length - 1 - cut]];
  if (log) return [low / (high / low || 1) ** 0.06 / 1.01, high * (high / low) ** 0.06 * 1.01];
  const air = (high - low || Math.abs(high) || 1) * 0.06;
  return [low - air, high + air];
}

/** Powers of ten, with their doubles and halves where they are few; of less than one, as usual. */
function logTicks(low, high, count) {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const every = Math.ceil((last - first) / count);
  const powers = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const kept = powers.filter((power) => power % every === 0);
  const within = (marks) => kept
    .flatMap((power) => marks.map((mark) => Number(`${mark}e${power}`)))
    .filter((value) => value >= low && value <= high);
  const [few, more] = [within([1]), within([1, 2, 5])];
  if (few.length > 2) return few;
  return more.length > 2 ? more : ticks(low, high, count);
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

function axes({ x0, x1, y0, y1, inner, atX, atY, logX, logY }, width, xName, yName) {
  const write = (text, x, y, more) => make("text", { x, y, ...more }, text);
  const wide = (value) => value && (Math.abs(value) >= 1e5 || Math.abs(value) < 1e-4);
  const tick = (value) => (wide(value) ? value.toExponential() : String(value));
  const right = width - MARGIN.right;
  const found = [];
  for (const y of (logY ? logTicks : ticks)(y0, y1, 6)) {
    found.push(make("line", { class: "grid", x1: inner.x, x2: right, y1: atY(y), y2: atY(y) }));
    found.push(write(tick(y), inner.x - 8, atY(y) + 4, { "text-anchor": "end" }));
  }
  const below = HEIGHT - MARGIN.bottom + 18;
  for (const x of (logX ? logTicks : ticks)(x0, x1 > x0 ? x1 : x0 + 1, 7)) {
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
    if (Number(byId("curve-smooth").value)) {
      group.append(make("path", { class: `raw ${colour}`, d: trace(curve.raw) }));
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
