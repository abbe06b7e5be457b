"""pythae's VAE in pythae's trainer."""

import logging
from collections.abc import Iterator
from pathlib import Path

from torch import nn

from bench.case import LEARNING_RATE, SHAPE, Case, read_bits


def epochs(case: Case, file: Path) -> Iterator[float | None]:
    from pythae.data.datasets import BaseDataset
    from pythae.models import VAE, VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from pythae.trainers import BaseTrainer, BaseTrainerConfig

    class Encoder(BaseEncoder):
        def __init__(self):
            super().__init__()
            self.layers = case.encoder()

        def forward(self, x):
            loc, log_variance = self.layers(x).chunk(2, dim=-1)
            return ModelOutput(embedding=loc, log_covariance=log_variance)

    class Decoder(BaseDecoder):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(case.decoder(), nn.Sigmoid())

        def forward(self, z):
            return ModelOutput(reconstruction=self.layers(z))

    bits = read_bits(file)
    logging.disable(logging.INFO)
    config = VAEConfig(input_dim=SHAPE, latent_dim=case.z_dim, reconstruction_loss="bce")
    trainer = BaseTrainer(
        VAE(config, encoder=Encoder(), decoder=Decoder()),
        BaseDataset(bits, bits[:, 0, 0, 0]),
        training_config=BaseTrainerConfig(
            per_device_train_batch_size=case.batch_size,
            learning_rate=LEARNING_RATE,
            no_cuda=True,
        ),
    )
    trainer.prepare_training()
    epoch = 0
    while True:
        epoch += 1
        yield None
        yield trainer.train_step(epoch)
