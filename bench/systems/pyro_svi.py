"""The VAE of Pyro's tutorial: stochastic variational inference with Trace_ELBO."""

from collections.abc import Iterator
from pathlib import Path

from torch.utils.data import DataLoader, TensorDataset

from bench.case import LEARNING_RATE, Case, read_bits


def epochs(case: Case, file: Path) -> Iterator[float | None]:
    import pyro
    from pyro.distributions import Bernoulli, Normal
    from pyro.infer import SVI, Trace_ELBO
    from pyro.optim import Adam

    encoder, decoder = case.encoder(), case.decoder()

    def model(x):
        pyro.module("decoder", decoder)
        with pyro.plate("data", len(x)):
            zero = x.new_zeros(len(x), case.z_dim)
            z = pyro.sample("latent", Normal(zero, zero + 1).to_event(1))
            p_x = Bernoulli(logits=decoder(z), validate_args=False).to_event(3)
            pyro.sample("x", p_x, obs=x)

    def guide(x):
        pyro.module("encoder", encoder)
        with pyro.plate("data", len(x)):
            loc, log_variance = encoder(x).chunk(2, dim=-1)
            pyro.sample("latent", Normal(loc, (0.5 * log_variance).exp()).to_event(1))

    svi = SVI(model, guide, Adam({"lr": LEARNING_RATE}), loss=Trace_ELBO())
    loader = DataLoader(TensorDataset(read_bits(file).float()), case.batch_size, shuffle=True)
    while True:
        yield None
        total = 0.0
        for (x,) in loader:
            total += svi.step(x)
        yield total / len(loader.dataset)
