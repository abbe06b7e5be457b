"""Fashion-MNIST."""

from vae_exp.data.torchvision_images import TorchvisionImages


class FashionMNIST(TorchvisionImages):
    """70000 pictures of clothes of 28×28 pixels, the last 10000 for testing.

    Source: Xiao, Rasul and Vollgraf 2017, arXiv 1708.07747.
    """

    dataset = "FashionMNIST"
