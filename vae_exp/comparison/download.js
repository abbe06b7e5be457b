// What the page shows, as files for other programs.

/** A cell of CSV: text that a spreadsheet would take for a formula becomes text again. */
function cell(value) {
  if (value == null) return "";
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) && Number.isNaN(Number(value)) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function download(name, lines) {
  const text = lines.map((line) => line.map(cell).join(",") + "\n").join("");
  const href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  make("a", { href, download: name }).click();
  URL.revokeObjectURL(href);
}

const BEHIND = ["behind_first mean", "behind_first stderr", "behind_first p_holm"];

/** The tables as they are filtered and sorted: of each metric shown its mean and standard error. */
function tableLines() {
  const metrics = data.metrics.filter(({ name }) => shown.has(name));
  const numbers = metrics.flatMap(({ name }) => [name, `${name} stderr`]);
  const lines = data.blocks.flatMap((block, number) =>
    sorted(block.rows, sorting[number]).filter(matches).map((row) => [
      block.heading, data.rows[row].runs.length,
      ...data.columns.map((column) => data.rows[row].keys[column]),
      ...metrics.flatMap(({ name }) => {
        const [mean, stderr] = data.rows[row].estimates[name] ?? [];
        return [mean, stderr];
      }),
      ...BEHIND.map((_, part) => data.rows[row].behind?.[part]),
    ]));
  return [["block", "runs", ...data.columns, ...numbers, ...BEHIND], ...lines];
}

/** The curves of the panels, a line a point, before they are smoothed. */
function curveLines() {
  const points = drawnCurves.flatMap(({ heading, curves }) => curves.flatMap((curve) =>
    curve.raw.map((point) => [heading, data.rows[curve.row].label, curve.name, ...point])));
  const [{ x, metric } = {}] = drawnCurves;
  return [["block", "configuration", "curve", x, metric, "stderr"], ...points];
}
