"""Configurations as text."""

import pytest
from omegaconf import OmegaConf

from vae_exp.storage.plain_yaml import dump_yaml, load_yaml


def test_the_text_is_that_of_omegaconf():
    values = {
        "number": 1,
        "small": 1e-05,
        "word": "on",
        "digits": "12",
        "float": "1e3",
        "nothing": None,
        "letters": "Kullback–Leibler ‖ ′",
        "link": "${number}",
        "lines": "one\ntwo",
        "empty": {},
        "list": [1, [], {"a": True}, "x" * 200, "a long sentence with words, " * 8],
    }
    config = OmegaConf.create(values)
    assert dump_yaml(config) == OmegaConf.to_yaml(config)
    assert dump_yaml(config.list) == OmegaConf.to_yaml(config.list)


@pytest.mark.parametrize(
    "text",
    ["", "- a\n- {b: '${c}', 1: 2, true: x}", "a: {b: 1e5, c: 012, d: .nan, f: 2020-01-01}"],
)
def test_what_is_read_is_what_omegaconf_reads(text, tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text(text)
    assert repr(load_yaml(tmp_path, file)) == repr(OmegaConf.to_container(OmegaConf.load(file)))


@pytest.mark.bad_input
@pytest.mark.parametrize("text", ["a: [{b: '${c'}]", "a: {null: 1}", "a: ${b:${c}", "a: 1\na: 2"])
def test_what_omegaconf_would_refuse_is_refused(text, tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"a\.yaml: expected YAML \("):
        load_yaml(tmp_path, file)
