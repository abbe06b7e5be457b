"""Kuzushiji-MNIST."""

from vae_exp.data.torchvision_images import TorchvisionImages


class KMNIST(TorchvisionImages):
    """70000 cursive Japanese characters of 28×28 pixels in 10 classes, the last 10000 for testing.

    Source: Clanuwat et al. 2018, "Deep Learning for Classical Japanese Literature",
        arXiv 1812.01718.
    """

    dataset = "KMNIST"
