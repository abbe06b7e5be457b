"""The columns of a table, one by one."""

import matplotlib
import pytest
import torch

from vae_exp.data.moments import moments
from vae_exp.distribution.variable import Variable
from vae_exp.plots.marginals import MOST, draw_marginals
from vae_exp.plots.mosaic import mosaic
from vae_exp.plots.rendering import render

COLUMNS = [
    Variable("a_very_long_name_$of_a_column$_indeed", "continuous"),
    Variable("dose", "positive"),
    Variable("visits", "count"),
    Variable("city", "category", tuple(f"town {i}" for i in range(12))),
    Variable("smoker", "yes/no", ("no", "yes")),
    Variable("constant", "continuous"),
]


def rows(count):
    torch.manual_seed(count)
    dose = torch.randn(count).mul(2).exp()
    columns = [torch.randn(count), dose, torch.poisson(torch.full((count,), 40.0))]
    columns += [torch.randint(n, (count,)).float() for n in (12, 2)] + [torch.full((count,), 7.0)]
    return torch.stack(columns, 1)


def test_each_column_has_its_shares_of_data_and_draws():
    x, drawn = rows(300), rows(200)
    x[:50, 1] = torch.nan
    figure = draw_marginals(x, drawn, COLUMNS, "title")
    panels = figure.axes
    assert panels[1].get_xscale() == "log" and panels[0].get_xscale() == "linear"
    assert len(panels[3].patches) == 2 * 8 and len(panels[4].patches) == 4
    yes = [bar.get_height() for bar in panels[4].patches]
    shares = [(part[:, 4] == k).float().mean().item() for part in (x, drawn) for k in (0, 1)]
    assert yes == pytest.approx(shares)
    assert render(figure).std() > 1
    assert matplotlib.rcParams["axes.spines.top"]


def test_many_columns_are_the_first_ones():
    columns = [Variable(str(d), "continuous") for d in range(40)]
    figure = draw_marginals(torch.randn(50, 40), torch.randn(60, 40), columns, "title")
    assert len(figure.axes) == MOST
    assert f"the first {MOST} of 40 columns" in figure.get_suptitle()


def test_cells_are_in_standard_deviations_where_units_are_given():
    x = torch.randn(40, 3) * torch.tensor([1e4, 1e-3, 1]) + torch.tensor([5e4, 0.02, 0])
    figure = mosaic(x[:4].unflatten(0, (2, 2)), "title", units=moments(x))
    texts = [text.get_text() for text in figure.texts]
    assert any("standard deviations from the mean" in text for text in texts)
    assert not any("e+04" in text for text in texts)
