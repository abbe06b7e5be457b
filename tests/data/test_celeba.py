"""CelebA's files, in its own layout, with few images."""

import numpy
import pytest
import torch
from PIL import Image

from tests.data.image_files import write_all
from vae_exp.configuration.compose import compose
from vae_exp.data import SPLITS
from vae_exp.experiment import build_data

NAMES = [f"{i:06}.jpg" for i in range(1, 13)]
PARTS = [0] * 6 + [1] * 3 + [2] * 3
SMILES = [1, -1] * 6


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "celeba"
    write_all(folder / "img_align_celeba", *NAMES, height=218, width=178)
    lines = [f"{name} {part}" for name, part in zip(NAMES, PARTS)]
    (folder / "list_eval_partition.txt").write_text("\n".join(lines) + "\n")
    lines = [f"{name}  -1 {smile}" for name, smile in zip(NAMES, SMILES)]
    (folder / "list_attr_celeba.txt").write_text("\n".join(["12", "Male Smiling", *lines]))
    return tmp_path


def load(root, *overrides):
    words = [f"data.root='{root}'", f"data.cache='{root}/cache'"]
    return build_data(compose("data=celeba", *words, *overrides).data)


def test_images_are_those_of_the_published_split_cut_and_made_small(root):
    data = load(root)
    assert data.shape == (3, 64, 64)
    assert data.ids == {"train": NAMES[:6], "validation": NAMES[6:9], "test": NAMES[9:]}
    assert (data.labels, data.class_names) == (None, [])
    with Image.open(root / "celeba" / "img_align_celeba" / NAMES[9]) as image:
        small = image.crop((19, 39, 159, 179)).resize((64, 64), Image.Resampling.LANCZOS)
    expected = torch.from_numpy(numpy.array(small)).movedim(-1, 0)
    assert torch.equal(data.values["test"][0], expected)


def test_another_crop_and_size_are_taken(root):
    data = load(root, "data.crop=148", "data.size=148")
    with Image.open(root / "celeba" / "img_align_celeba" / NAMES[0]) as image:
        expected = numpy.array(image)[35:183, 15:163]
    assert (data.values["train"][0].movedim(0, -1).numpy() == expected).all()


def test_an_attribute_is_the_label(root):
    data = load(root, "data.attribute=Smiling")
    assert data.class_names == ["not Smiling", "Smiling"]
    labels = torch.cat([data.labels[split] for split in SPLITS])
    assert labels.tolist() == [1, 0] * 6


def test_a_broken_image_is_left_out(root, caplog):
    (root / "celeba" / "img_align_celeba" / NAMES[2]).write_bytes(b"rubbish")
    data = load(root, "data.attribute=Smiling")
    assert data.size("train") == 5
    assert data.labels["train"].tolist() == [1, 0, 0, 1, 0]
    assert f"1 of 12 images cannot be read and are left out: {NAMES[2]}" in caplog.text


def remove(name):
    return lambda folder: (folder / name).rename(folder / "away")


def write(name, text):
    return lambda folder: (folder / name).write_text(text)


def pack(folder):
    remove("img_align_celeba")(folder)
    write("img_align_celeba.zip", "")(folder)


PARTITION, ATTRIBUTES = "list_eval_partition.txt", "list_attr_celeba.txt"
AMISS = {
    "no images": (remove("img_align_celeba"), r"found no img_align_celeba/; get it from https"),
    "packed images": (pack, r"found no img_align_celeba/; unpack img_align_celeba\.zip"),
    "no split": (remove(PARTITION), r"found no list_eval_partition\.txt; get it from .*or set"),
    "no attributes": (remove(ATTRIBUTES), r"found no list_attr_celeba\.txt; get it from"),
    "a missing image": (remove(f"img_align_celeba/{NAMES[3]}"), rf"found 1 missing: {NAMES[3]}"),
    "a split of words": (write(PARTITION, "a b\n"), "lines such as '000001.jpg 0'"),
    "an empty split": (write(PARTITION, ""), "lines such as '000001.jpg 0'"),
    "bytes": (lambda folder: (folder / PARTITION).write_bytes(b"\xff\xfe"), "to read, got"),
    "few in a split": (write(PARTITION, f"{NAMES[0]} 0\n"), "two images or more for train"),
    "other attributes": (write(ATTRIBUTES, "1\nHappy\na 1\n"), "Smiling among them"),
    "attributes of others": (write(ATTRIBUTES, "1\nSmiling\na 1\n"), "found none for 000001"),
}


@pytest.mark.bad_input
@pytest.mark.parametrize("name", AMISS)
def test_what_is_amiss_in_the_files_is_told_in_one_line(name, root):
    change, message = AMISS[name]
    change(root / "celeba")
    with pytest.raises(ValueError, match=rf"^data\.root: expected .*{message}") as refusal:
        load(root, "data.attribute=Smiling")
    assert "\n" not in str(refusal.value)


@pytest.mark.bad_input
def test_keys_out_of_range_are_named(root):
    for key, value in {"crop": "179", "size": "0", "attribute": "Smile", "levels": "16"}.items():
        with pytest.raises(ValueError, match=rf"^data\.{key}: expected .*, got '?{value}"):
            load(root, f"data.{key}={value}")
