"""How long the importance-weighted log-likelihood takes, beside pythae's and the bare products.

    pip install --no-deps pythae==0.1.2 imageio cloudpickle
    python bench/log_likelihood.py

A 784-400-20 VAE with random weights, 100 images of random bits, K = 500 samples for each. What is
timed in turn, several times over, so that all see the same machine:

    ours        vae_exp.evaluation.importance.importance_weighted
    pythae      pythae.models.VAE.get_nll, which goes image by image (where it is installed)
    products    the matrix products of the decoder alone, z W₁ W₂, in the chunks that ours takes

Prints medians in seconds and ratios, and both estimates, which must agree. Quote the ratios: the
seconds are the machine's.
"""

import argparse
import math
import statistics
import time
from types import SimpleNamespace

import torch
from torch import nn

from vae_exp.configuration.build_model import build_vae
from vae_exp.configuration.compose import compose
from vae_exp.data.observation import Observation
from vae_exp.evaluation.importance import importance_weighted
from vae_exp.importance import TENSORS

IMAGES, K, HIDDEN, Z = 100, 500, 400, 20
PIXELS = 784


def ours(vae, x, max_elements):
    data = SimpleNamespace(
        shape=x.shape[1:],
        device=x.device,
        size=lambda split: len(x),
        at=lambda split, index: (x[index], None),
    )
    return lambda: importance_weighted(vae, data, "test", K, max_elements)["log_likelihood"].mean()


def products(vae, max_elements):
    first, _, last = vae.decoder.network.layers
    chunk = max_elements // (TENSORS * PIXELS)
    z = torch.randn(chunk, Z)

    def run():
        for _ in range(math.ceil(IMAGES * K / chunk)):
            z @ first.weight.T @ last.weight.T

    return run


def pythae(vae, x):
    from pythae.models import VAE, VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder

    class Encoder(BaseEncoder):
        def forward(self, x):
            q_z = vae.encoder(x).base_dist
            return ModelOutput(embedding=q_z.loc, log_covariance=2 * q_z.scale.log())

    class Decoder(BaseDecoder):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(*vae.decoder.network.layers, nn.Sigmoid())

        def forward(self, z):
            return ModelOutput(reconstruction=self.layers(z).reshape(-1, 1, 28, 28))

    config = VAEConfig(input_dim=(1, 28, 28), latent_dim=Z, reconstruction_loss="bce")
    model = VAE(config, encoder=Encoder(), decoder=Decoder())
    return lambda: model.get_nll(x, n_samples=K, batch_size=100)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=9)
    repeats = parser.parse_args().repeats
    torch.manual_seed(0)
    torch.set_grad_enabled(False)
    cfg = compose("decoder=bernoulli", f"z_dim={Z}", f"network.hidden=[{HIDDEN}]")
    vae = build_vae(cfg, Observation((1, 28, 28)), torch.device("cpu")).eval()
    x = torch.rand(IMAGES, 1, 28, 28).round()
    max_elements = cfg.evaluation.max_elements

    contestants = {"ours": ours(vae, x, max_elements), "products": products(vae, max_elements)}
    try:
        contestants["pythae"] = pythae(vae, x)
    except ImportError as error:
        print(f"without pythae: {error}")
    seconds = {name: [] for name in contestants}
    values = {name: run() for name, run in contestants.items()}  # a first time, not counted
    for _ in range(repeats):
        for name, run in contestants.items():
            started = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - started)

    medians = {name: statistics.median(times) for name, times in seconds.items()}
    print(f"{IMAGES} images, K = {K}, 784-{HIDDEN}-{Z}, {torch.get_num_threads()} threads")
    for name, median in medians.items():
        times = f"{median / medians['ours']:5.2f} × ours"
        estimate = f"log-likelihood {values[name]:.3f}" if values[name] is not None else ""
        print(f"{name:10} {median:.3f} s  {times}  {estimate}")
    print(f"ours is {medians['ours'] / medians['products']:.2f} × the products", end="")
    if "pythae" in medians:
        print(f", pythae {medians['pythae'] / medians['ours']:.2f} × ours", end="")
    print()


if __name__ == "__main__":
    main()
