// One kind of picture of the chosen rows, side by side.

function drawPictures() {
  const kind = byId("picture-kind").value;
  const figures = chosenRows().map((row) => {
    const { label, pictures, runs } = data.rows[row];
    const picture = pictures[kind];
    const seed = picture ? ` seed ${runs[picture.run].seed}` : "";
    const of = make("span", { class: "quiet" }, seed);
    const caption = make("figcaption", {}, swatch(row), label, of);
    const image = picture
      ? make("img", { src: picture.uri, alt: `${kind} of ${label}${seed}`, loading: "lazy" })
      : make("p", { class: "quiet missing" }, "no such picture here");
    return make("figure", {}, caption, image);
  });
  byId("gallery").replaceChildren(...figures);
}

function drawPictureControls() {
  byId("picture-kind").replaceChildren(
    ...data.kinds.map((kind) => make("option", { value: kind }, kind.replaceAll("_", " "))),
  );
  const left = data.pictures_left_out;
  const note = byId("pictures-note");
  if (!data.kinds.length) note.textContent = "These runs have no pictures.";
  else if (left) {
    note.textContent =
      `${left} more are left out to keep this page small; they are in the folders' plots/.`;
  }
  const control = byId("picture-size");
  const size = () => byId("gallery").style.setProperty("--picture", `${control.value}px`);
  control.addEventListener("input", size);
  size();
}
