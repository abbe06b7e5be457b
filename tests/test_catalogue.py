"""The catalogue lists what there is, agrees with what runs do, and its page is up to date."""

from pathlib import Path

import pytest
from torch.distributions import constraints

from tests.configuration.test_matrix import FAMILIES, MATHEMATICS, declared, pair, product
from tests.conftest import CONF, options
from vae_exp.configuration import compatibility_tables, option_facts
from vae_exp.distribution.space import space

LIKE_ELBO = ("elbo", "dip", "factor_vae", "mmd", "dreg", "piwae")
PAGE = CONF.parent / "docs" / "catalogue.md"


@pytest.fixture(scope="module")
def tables():
    return {table.heading: table for table in compatibility_tables.tables()}


def test_every_option_is_listed_with_a_line_of_its_own(tables):
    for group, title in option_facts.TITLES.items():
        rows = {row[0]: row[1:] for row in tables[title].rows}
        assert sorted(rows) == options(group)
        assert all(len(cell) > 2 for cells in rows.values() for cell in cells)
        assert len({description for description, _ in rows.values()}) == len(rows)


@pytest.mark.long
def test_the_tables_say_what_the_combinations_do(tables):
    pairs = {row[0]: row[1:] for row in tables["encoder × prior → kl"].rows}
    objectives = {row[0]: row[1:] for row in tables["objective × kl"].rows}
    for encoder, prior, kl, objective in product(MATHEMATICS):
        cell = pairs[encoder][FAMILIES["prior"].index(prior)]
        refused = cell.removeprefix("not ").split(", ") if cell != "all" else []
        takes = objectives[objective][options("kl").index(kl)] == compatibility_tables.YES
        fits = cell != compatibility_tables.NO and kl not in refused
        kind = option_facts.option_class("objective", objective)
        if kind.reparametrises:
            takes = takes and compatibility_tables.reparametrised(encoder)
        if kind.needs_real_latents:
            q_z, _ = pair(encoder, prior)
            takes = takes and isinstance(space(q_z), type(constraints.real))
        assert declared(encoder, prior, kl, objective) == (fits and takes)


def test_objectives_that_weigh_samples_say_what_they_refuse(tables):
    rows = {row[0]: row[2] for row in tables["objective, what is minimised"].rows}
    assert rows["elbo"] == rows["dip"] == "any kl, any decoder.scale"
    codes = ", and codes with encoder.gradient=concrete alone"
    assert rows["mmd"] == rows["elbo"] + codes
    assert rows["factor_vae"] == rows["elbo"] + ", and latents that are real numbers"
    weighing = "kl=monte_carlo, no decoder.scale=optimal"
    assert rows["dreg"] == rows["piwae"] == weighing + codes
    others = {row for name, row in rows.items() if name not in LIKE_ELBO}
    assert others == {weighing}


def test_likelihoods_know_their_data(tables):
    rows = {row[0]: row[1:] for row in tables["decoder × kind of data"].rows}
    assert rows["bernoulli"] == ("as bits", "–", "–", "–", "yes")
    assert rows["beta"][0] == "data.dequantize=true"
    assert rows["poisson"] == ("–", "–", "–", "yes", "yes")
    assert rows["categorical"][0] == "yes"
    assert set(rows["gaussian"]) == {"yes"}


def test_the_page_is_up_to_date(cli, tables, monkeypatch):
    if not PAGE.exists():  # an installed package
        pytest.skip("no docs beside conf/")
    monkeypatch.setattr(compatibility_tables, "tables", lambda *_: list(tables.values()))
    result = cli("--markdown", module="catalogue")
    assert (result.exit_code, result.err) == (0, "")
    assert Path(PAGE).read_text() == result.out


def test_it_is_readable_on_a_terminal(cli, tables, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(compatibility_tables, "tables", lambda *_: list(tables.values()))
    result = cli(module="catalogue")
    assert (result.exit_code, result.err) == (0, "")
    assert "vampprior" in result.out and max(map(len, result.out.splitlines())) <= 100


def test_it_answers_for_one_group(cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    result = cli("objective", module="catalogue")
    assert (result.exit_code, result.err) == (0, "")
    assert "dreg" in result.out and "objective × kl" in result.out
    assert "vampprior" not in result.out and "encoder × prior" not in result.out


@pytest.mark.bad_input
def test_a_group_that_does_not_exist_is_refused(cli):
    result = cli("decodr", module="catalogue")
    assert result.exit_code == 2
    assert result.err.startswith("vae_exp: group: expected one of encoder, decoder, ")
    assert result.err.endswith("got decodr\n")
