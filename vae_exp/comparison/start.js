// The first drawing, and what the controls do.

const runs = data.rows.reduce((sum, row) => sum + row.runs.length, 0);
byId("title").textContent = `${runs} runs side by side`;
document.title = `vae_exp: ${runs} runs side by side`;
byId("compared").textContent = `${data.configurations} configurations from ${data.paths.join(", ")}`;
byId("footer").textContent =
  `Made by vae_exp ${data.version}, ${data.made}. Curves of more than ${data.most_points} points ` +
  "are thinned: of each stretch the points with the lowest and the highest loss are here.";
byId("reasons").textContent = `Ranked apart: ${data.reasons.join("; ")}.`;
byId("reasons").hidden = !data.reasons.length;
byId("notes").replaceChildren(...data.notes.map((note) => make("li", {}, note)));

drawMetricChoices();
drawTables();
drawScatterControls();
drawCurveControls();
drawPictureControls();
chooseOnly(data.best);

byId("filter").addEventListener("input", drawTables);
byId("choose-best").addEventListener("click", () => chooseOnly(data.best));
byId("choose-none").addEventListener("click", () => chooseOnly([]));
byId("choose-all").addEventListener("click", () =>
  chooseOnly(data.rows.map((_, row) => row).filter(matches)));
for (const id of ["curve-metric", "curve-x", "curve-seeds", "curve-robust", "curve-scale"]) {
  byId(id).addEventListener("change", drawCurves);
}
byId("curve-smooth").addEventListener("input", drawCurves);
byId("table-csv").addEventListener("click", () => download("compare.csv", tableLines()));
byId("curve-csv").addEventListener("click", () => download("curves.csv", curveLines()));
byId("picture-kind").addEventListener("change", drawPictures);
byId("all-keys").addEventListener("change", drawDifference);
for (const id of ["scatter-x", "scatter-y"]) byId(id).addEventListener("change", drawScatter);
window.addEventListener("resize", () => {
  drawScatter();
  drawCurves();
});
