"""Configurations as text."""

from omegaconf import OmegaConf

from vae_exp.storage.plain_yaml import dump_yaml


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
