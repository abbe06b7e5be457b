"""Bessel functions against mpmath."""

import mpmath
import pytest
import torch

from vae_exp.distribution.bessel import LogBessel


@pytest.mark.parametrize("order", [0, 0.5, 4.5, 15.5, 16, 149.5])
def test_value_ratio_and_slope_are_mpmaths(order):
    kappas = [1e-4, 1e-3, 0.1, 1, 5, 20, 100, 1e3, 1e5]
    kappa = torch.tensor(kappas, dtype=torch.float64, requires_grad=True)
    log_bessel, ratio = LogBessel.apply(kappa, order)
    (of_log,) = torch.autograd.grad(log_bessel.sum(), kappa, retain_graph=True)
    (slope,) = torch.autograd.grad(ratio.sum(), kappa)
    with mpmath.workdps(40):
        for i, k in enumerate(map(mpmath.mpf, kappas)):
            bessel = mpmath.besseli(order, k)
            known_ratio = mpmath.besseli(order + 1, k) / bessel
            known = mpmath.log(bessel * mpmath.gamma(order + 1) * (2 / k) ** order)
            known_slope = 1 - known_ratio**2 - (2 * order + 1) * known_ratio / k
            # Λ is of the order of κ² near 0, where an absolute error of 1e-16 does not matter
            assert log_bessel[i].item() == pytest.approx(float(known), rel=1e-12, abs=1e-16)
            assert ratio[i].item() == pytest.approx(float(known_ratio), rel=1e-12)
            assert slope[i].item() == pytest.approx(float(known_slope), rel=3e-5)
    torch.testing.assert_close(of_log, ratio, rtol=0, atol=0)
