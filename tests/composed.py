"""What the forks of one process find done: Hydra's plugins found, and the defaults composed."""

import tests.composing
import tests.seeding  # noqa: F401
from vae_exp.configuration.compose import compose

compose()
compose("decoder=bernoulli")
