"""The logarithm of a product of bits is the sum of torch's, in few passes."""

import pytest
import torch
from torch.distributions import Bernoulli, Independent

from vae_exp.distribution.bits import FACTORS, Bits, ProductOfBits


def exact(logits, x, ndims):
    """By torch, in double precision."""
    return Independent(Bernoulli(logits=logits.double()), ndims).log_prob(x.double())


@pytest.mark.parametrize(("dtype", "error"), [(torch.float64, 1e-9), (torch.float32, 1e-3)])
@pytest.mark.parametrize(
    ("batch", "event", "scale"),
    [
        ((7, 3), (1, 28, 28), 1.0),  # S and B, an image
        ((7, 3), (784,), 30.0),  # as sure as a trained model is of the border
        ((5, 1), (FACTORS + 1,), 3.0),  # a group of one factor
        ((4, 2), (1,), 100.0),
    ],
)
def test_it_is_the_sum_of_the_components(batch, event, scale, dtype, error):
    generator = torch.Generator().manual_seed(0)
    logits = scale * torch.randn(*batch, *event, generator=generator, dtype=dtype)
    # mostly as the logits have it, as of a model that is any good
    x = (torch.rand(*batch[1:], *event, generator=generator) < logits[0].sigmoid()).to(dtype)
    kept = logits.clone()
    product = ProductOfBits(Bits(logits=logits, validate_args=False), len(event))
    found = product.log_prob(x)
    assert found.shape == batch and found.dtype == dtype
    # in double precision as good as that, in single to a thousandth of a nat, or to its rounding
    truth = exact(logits, x, len(event))
    assert ((found - truth).abs() <= error * (1 + truth.abs() / 1000)).all()
    assert torch.equal(logits, kept)


def test_the_least_product_of_a_group_is_no_underflow():
    """All factors ½, log p = −D log 2, and 2^−126 is still a normal number."""
    logits = torch.zeros(2, 5 * FACTORS)
    found = ProductOfBits(Bits(logits=logits), 1).log_prob(torch.ones(5 * FACTORS))
    torch.testing.assert_close(found, 5 * FACTORS * torch.full((2,), 0.5).log())


def test_with_a_gradient_it_is_the_sum_of_what_has_one():
    logits = torch.randn(3, 9, dtype=torch.float64, requires_grad=True)
    x = torch.rand(9).round().double()
    log_prob = ProductOfBits(Bits(logits=logits), 1).log_prob(x)
    (gradient,) = torch.autograd.grad(log_prob.sum(), logits)
    torch.testing.assert_close(gradient, x - logits.sigmoid())
    with torch.no_grad():
        torch.testing.assert_close(ProductOfBits(Bits(logits=logits), 1).log_prob(x), log_prob)
