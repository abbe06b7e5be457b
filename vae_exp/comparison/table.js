// The tables: one a block, sorted by their headings, filtered, each row unfolding into its runs.

const sorting = data.blocks.map(() => null); // {column, descending}; null: as ranked
const unfolded = new Set();
const shown = new Set(data.shown);
const metricOf = Object.assign(
  Object.create(null), Object.fromEntries(data.metrics.map((metric) => [metric.name, metric])));
const BETTER = { "1": "larger is better", "-1": "smaller is better", "0": "neither end is better" };
/** The metrics to show of these rows: those that one of them has. */
function shownMetrics(rows) {
  const had = (name) => rows.some((row) => data.rows[row].estimates[name]);
  return data.metrics.filter(({ name }) => shown.has(name) && had(name));
}

function matches(row) {
  const { label, runs } = data.rows[row];
  const text = [label, ...runs.flatMap((run) => [run.folder, run.status])].join(" ").toLowerCase();
  const words = byId("filter").value.toLowerCase().split(/\s+/);
  return words.every((word) => text.includes(word));
}

/** Numbers by size, text by its letters and numbers; what is missing comes last either way. */
function sorted(rows, order) {
  if (!order) return rows;
  const value = (row) => {
    if (order.column === "n") return data.rows[row].runs.length;
    if (metricOf[order.column]) return data.rows[row].estimates[order.column]?.[0] ?? null;
    return data.rows[row].keys[order.column] || null;
  };
  const sign = order.descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null) return (x === null) - (y === null);
    if (typeof x === "number") return sign * (x - y);
    return sign * x.localeCompare(y, "en", { numeric: true });
  });
}

function heading(block, column, text, numeric) {
  const metric = metricOf[column];
  let order = sorting[block];
  if (!order && column === data.sort) order = { column, descending: metric.direction >= 0 };
  const here = order?.column === column;
  const arrow = here ? (order.descending ? "▼" : "▲") : "";
  const click = () => {
    const first = metric ? metric.direction >= 0 : false; // a metric's best values come first
    sorting[block] = { column, descending: here ? !order.descending : first };
    drawTables();
    byId("blocks").querySelector(`[data-at="${CSS.escape(`${block} ${column}`)}"]`).focus();
  };
  const better = metric ? `${column}: ${BETTER[metric.direction]}` : column;
  const button = { type: "button", click, title: better, "data-at": `${block} ${column}` };
  const mark = make("span", { class: "arrow", "aria-hidden": "true" }, arrow);
  const aria = here ? (order.descending ? "descending" : "ascending") : null;
  const attributes = { scope: "col", "aria-sort": aria, class: numeric ? "number" : null };
  // a long name may break after an underscore
  const words = text.split(/(?<=[_/])/);
  const last = make("span", { class: "last" }, words.pop(), mark);
  const parts = [...words.flatMap((word) => [word, make("wbr")]), last];
  return make("th", attributes, make("button", button, ...parts));
}

/** A checkbox with its swatch, and what unfolds the row. */
function handles(row) {
  const { label, runs } = data.rows[row];
  const change = (event) => {
    choose(row, event.target.checked);
    drawChosen();
  };
  const box = { type: "checkbox", "data-row": row, "aria-label": `show ${label} below`, change };
  const click = () => {
    unfolded.has(row) ? unfolded.delete(row) : unfolded.add(row);
    drawTables();
    byId("blocks").querySelector(`[data-unfold="${row}"]`).focus();
  };
  const open = unfolded.has(row);
  const unfold = make(
    "button",
    { type: "button", class: "unfold", click, "data-unfold": row, "aria-expanded": String(open),
      "aria-label": `runs of ${label}` },
    open ? "▾" : "▸", ` ${runs.length}`,
  );
  return [
    make("td", {}, make("label", { class: "choice" }, make("input", box), swatch(row))),
    make("td", { class: "number" }, unfold),
  ];
}

function runsTable(row) {
  const metrics = shownMetrics([row]);
  const names = ["seed", "status", "folder"].map((name) => make("th", { scope: "col" }, name));
  const numbers = metrics.map(({ short }) => make("th", { scope: "col", class: "number" }, short));
  const line = (run) => [
    make("td", {}, run.seed),
    make("td", {}, run.status),
    make("td", { class: "folder" }, run.folder),
    ...metrics.map(({ name }) => make("td", { class: "number" }, number(run.scalars[name]))),
  ];
  return make(
    "table", { class: "runs" },
    make("thead", {}, make("tr", {}, ...names, ...numbers)),
    make("tbody", {}, ...data.rows[row].runs.map((run) => make("tr", {}, ...line(run)))),
  );
}

/** What is said beside the metric that ranks, where there is anything. */
const tellsBehind = (name, rows) =>
  name === data.sort && rows.some((row) => data.rows[row].behind);

function numberHeadings(block, metrics, rows) {
  const title = "mean difference from the first ± its standard error; what ≈ means is said below";
  const behind = () =>
    make("th", { scope: "col", class: "number", title }, "behind the first");
  return metrics.flatMap(({ name, short }) => [
    heading(block, name, short, true), ...(tellsBehind(name, rows) ? [behind()] : [])]);
}

function numberCells(row, metrics, rows) {
  const cell = (text) => make("td", { class: "number" }, text);
  const behind = row === rows[0] ? "" : data.rows[row].behind?.[3] ?? "–";
  return metrics.flatMap(({ name }) => [
    cell(data.rows[row].estimates[name]?.[2] ?? "–"),
    ...(tellsBehind(name, rows) ? [cell(behind)] : [])]);
}

function bodyRows(row, cells) {
  const line = make("tr", { "data-line": row }, ...handles(row), ...cells);
  if (!unfolded.has(row)) return [line];
  const span = cells.length + 2;
  return [line, make("tr", { class: "unfolded" }, make("td", { colspan: span }, runsTable(row)))];
}

function scrolling(label, head, body) {
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...head)), body);
  return make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, table);
}

function drawTables() {
  const choice = () => make("th", { scope: "col" }, "show");
  let listed = 0;
  const tables = data.blocks.map((block, number) => {
    const metrics = shownMetrics(block.rows);
    const rows = sorted(block.rows, sorting[number]).filter(matches);
    listed += rows.length;
    const head = [
      choice(),
      heading(number, "n", "n", true),
      ...block.columns.map((column) => heading(number, column, column, false)),
      ...numberHeadings(number, metrics, block.rows),
    ];
    const body = make("tbody", {}, ...rows.flatMap((row) => bodyRows(row, [
      ...block.columns.map((column) => make("td", {}, data.rows[row].keys[column] || "–")),
      ...numberCells(row, metrics, block.rows),
    ])));
    const common = block.common ? [make("p", { class: "quiet" }, `all with ${block.common}`)] : [];
    return make("section", { class: "block" },
      make("h3", {}, block.heading), ...common, scrolling(block.heading, head, body));
  });
  const rows = data.unranked.filter(matches);
  listed += rows.length;
  if (data.unranked.length) {
    const names = ["n", "status", "configuration", "seed", "folder"];
    const head = [choice(), ...names.map((name) => make("th", { scope: "col" }, name))];
    const body = make("tbody", {}, ...rows.flatMap((row) => {
      const { label, runs: [run] } = data.rows[row];
      const status = make("span", { class: "status" }, run.status);
      const cells = [status, label, run.seed, run.folder];
      return bodyRows(row, cells.map((cell) => make("td", {}, cell)));
    }));
    const title = "Not ranked: no test metrics";
    const table = scrolling(title, head, body);
    tables.push(make("section", { class: "block" }, make("h3", {}, title), table));
  }
  byId("blocks").replaceChildren(...tables);
  byId("count").textContent = `${listed} of ${data.rows.length} rows`;
  drawChoices();
}

function drawChoices() {
  for (const box of byId("blocks").querySelectorAll("input[data-row]")) {
    const row = Number(box.dataset.row);
    box.checked = chosen.has(row);
    box.nextSibling.replaceWith(swatch(row));
  }
}

function drawMetricChoices() {
  const boxes = data.metrics.map(({ name }) => {
    const change = (event) => {
      event.target.checked ? shown.add(name) : shown.delete(name);
      drawTables();
    };
    const box = make("input", { type: "checkbox", checked: shown.has(name), change });
    return make("label", {}, box, ` ${name}`);
  });
  byId("metrics").querySelector(".choices").replaceChildren(...boxes);
}
