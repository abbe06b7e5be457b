"""The diagnostic breast cancer data of Wisconsin, to fill in what is hidden of them."""

import torch

from vae_exp.data import SPLITS, Binarize, Data


class BreastCancer(Data):
    """569 rows of 30 measurements, each column with mean 0 and variance 1, and two classes.

    Training, validation and test data are the same, all of it, with the same values hidden: what
    is asked is to fill in the data that are trained on. Numbers of "test data" are of no others.

    Args:
        binarize: ``none`` or ``auto``.
        seed: of what ``data.missing`` hides.

    Source: Wolberg, Mangasarian, Street and Street 1993, UCI, doi 10.24432/C5DW2B, CC BY 4.0; as it
        is in scikit-learn.
    """

    splits_share = True

    def __init__(self, binarize: Binarize, seed: int):
        from sklearn.datasets import load_breast_cancer  # heavy, and needed here alone

        found = load_breast_cancer()
        x = torch.from_numpy(found.data)
        x = (x - x.mean(0)) / x.std(0, correction=0)
        values, labels = x.float(), torch.from_numpy(found.target)
        super().__init__(
            dict.fromkeys(SPLITS, values), dict.fromkeys(SPLITS, labels), 1, binarize, seed
        )
        self.class_names = tuple(map(str, found.target_names))

    def hide(self, rate: float) -> None:
        super().hide(rate)
        if self.hidden is not None:
            self.hidden = dict.fromkeys(SPLITS, self.hidden["train"])
            self.missing = dict.fromkeys(SPLITS, self.missing["train"])
