"""The importance-weighted log-likelihood beside the matrix products it needs, and pythae's.

100 images of random bits, K = 5000 samples for each, of networks with random weights: Burda's,
784-200-200-50 with tanh, and pythae's, 784-400-20 with ReLU. What is timed in turn, several times
over, so that all see the same machine:

    ours        vae_exp.evaluation.importance.importance_weighted
    pythae      pythae.models.VAE.get_nll, which goes image by image (where it is installed)
    products    the matrix products of the decoder alone, z W₁ W₂ ..., in the chunks that ours takes

Prints medians, of the processor time of this process, and of ratios within a turn, and both
estimates, which must agree. Quote the ratios: the seconds are the machine's.
"""

import argparse
import functools
import importlib.util
import math
import statistics
import time
from functools import partial
from types import SimpleNamespace

import torch
from torch import nn

from vae_exp.configuration.build_model import build_vae
from vae_exp.configuration.compose import compose
from vae_exp.data.observation import Observation
from vae_exp.evaluation.importance import importance_weighted
from vae_exp.importance import TENSORS

PIXELS = 784
NETWORKS = {  # activation, widths, z_dim
    "burda": ("Tanh", (200, 200), 50),
    "pythae": ("ReLU", (400,), 20),
}


def ours(vae, x, samples, max_elements):
    data = SimpleNamespace(
        shape=x.shape[1:],
        device=x.device,
        size=lambda split: len(x),
        at=lambda split, index: (x[index], None),
    )
    run = partial(importance_weighted, vae, data, "test", samples, max_elements)
    return lambda: run()["log_likelihood"].mean()


def products(vae, z_dim, rows, max_elements):
    weights = [each.weight.T for each in vae.decoder.network.layers if hasattr(each, "weight")]
    chunk = max_elements // (TENSORS * PIXELS)
    z = torch.randn(chunk, z_dim)

    def run():
        for _ in range(math.ceil(rows / chunk)):
            functools.reduce(torch.mm, weights, z)

    return run


def pythae(vae, x, samples, z_dim):
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

    config = VAEConfig(input_dim=(1, 28, 28), latent_dim=z_dim, reconstruction_loss="bce")
    model = VAE(config, encoder=Encoder(), decoder=Decoder())
    return lambda: model.get_nll(x, n_samples=samples, batch_size=100)


def measure(network: str, images: int, samples: int, repeats: int) -> None:
    activation, hidden, z_dim = NETWORKS[network]
    torch.manual_seed(0)
    words = [f"z_dim={z_dim}", f"network.hidden={[*hidden]}", f"network.activation={activation}"]
    cfg = compose("decoder=bernoulli", *words)
    vae = build_vae(cfg, Observation((1, 28, 28)), torch.device("cpu")).eval()
    vae.decoder.may_miss = False  # as of data that are complete
    x = torch.rand(images, 1, 28, 28).round()
    max_elements = cfg.evaluation.max_elements

    contestants = {
        "ours": ours(vae, x, samples, max_elements),
        "products": products(vae, z_dim, images * samples, max_elements),
    }
    if importlib.util.find_spec("pythae"):
        contestants["pythae"] = pythae(vae, x, samples, z_dim)
    seconds = {name: [] for name in contestants}
    values = {name: run() for name, run in contestants.items()}  # a first time, not counted
    for _ in range(repeats):
        for name, run in contestants.items():
            started = time.process_time()
            run()
            seconds[name].append(time.process_time() - started)

    print(f"{network}: 784-{'-'.join(map(str, hidden))}-{z_dim}, {activation}, ", end="")
    print(f"{images} images, K = {samples}, {torch.get_num_threads()} threads")
    for name, times in seconds.items():
        ratios = sorted(a / b for a, b in zip(times, seconds["products"]))
        spread = (
            f"{statistics.median(ratios):.2f} × the products ({ratios[0]:.2f}–{ratios[-1]:.2f})"
        )
        estimate = "" if values[name] is None else f"log-likelihood {values[name]:.3f}"
        print(f"{name:10} {statistics.median(times):.3f} s  {spread}  {estimate}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=[*NETWORKS])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.set_grad_enabled(False)
    for network in arguments.networks:
        measure(network, arguments.images, arguments.samples, arguments.repeats)


if __name__ == "__main__":
    main()
