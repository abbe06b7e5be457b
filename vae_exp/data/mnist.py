"""MNIST."""

from vae_exp.data.torchvision_images import TorchvisionImages


class MNIST(TorchvisionImages):
    """70000 handwritten digits of 28×28 pixels, the last 10000 for testing.

    Source: LeCun, Cortes and Burges 1998, "The MNIST database of handwritten digits".
    """

    dataset = "MNIST"
