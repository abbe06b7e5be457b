// The configurations of the chosen rows: a line a key, a column a row.

function drawDifference() {
  const rows = chosenRows();
  const all = byId("all-keys").checked;
  const values = (key) => rows.map((row) => data.rows[row].keys[key] ?? "");
  const differs = (key) => new Set(values(key)).size > 1;
  // the option says the class, but for two options of one name
  const told = (key) => !key.endsWith(" (class)") || data.columns.includes(key);
  const keys = all ? data.keys.filter(told) : data.columns.filter(differs);
  if (!rows.length || !keys.length) {
    const why = rows.length ? "The chosen configurations do not differ." : "No row is chosen.";
    byId("difference").replaceChildren(make("p", { class: "quiet" }, why));
    return;
  }
  const head = rows.map((row) =>
    make("th", { scope: "col" }, swatch(row), make("br"), data.rows[row].label));
  const lines = keys.map((key) => make(
    "tr", { class: all && differs(key) ? "differs" : null },
    make("th", { scope: "row" }, key),
    ...values(key).map((value) => make("td", {}, value || "–")),
  ));
  byId("difference").replaceChildren(make("table", {},
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "key"), ...head)),
    make("tbody", {}, ...lines)));
}
