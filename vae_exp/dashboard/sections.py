"""The sections of the page: from which configuration is best to what each latent carries."""

from vae_exp.dashboard.column import Column
from vae_exp.dashboard.panel import (
    NATS,
    Section,
    bars,
    curves,
    list_bars,
    parallel_axes,
    pictures,
    points,
    table,
)

LOG_LIKELIHOOD = "test/log_likelihood"
RATE, DISTORTION = "test/kl", "test/reconstruction_loss"
SELECTED = "val/selected_elbo"
# of the table of runs, from left to right, behind what differs between them
TABLE = (
    LOG_LIKELIHOOD,
    f"{LOG_LIKELIHOOD}_stderr",
    "test/elbo",
    RATE,
    DISTORTION,
    "test/active_units",
    SELECTED,
    "selected/epoch",
    "time/train_seconds",
)


def sections(columns: list[Column]) -> list[Section]:
    """All of them.

    Args:
        columns: what differs between the runs.
    """
    return [_best(columns), _learning(), _rate_distortion(columns), _latents(), _seen(), _sound()]


def _best(columns: list[Column]) -> Section:
    found = [
        bars(
            "Test log-likelihood",
            LOG_LIKELIHOOD,
            NATS,
            "Which configuration gives unseen data the most probability; where error bars "
            "overlap, more seeds have to tell. It compares runs on the same data, and a "
            "density with a density only.",
        )
    ]
    if columns:
        names = ", ".join(column.name for column in columns)
        found.append(
            parallel_axes(
                "What was tried, and what it reached",
                columns,
                [SELECTED, LOG_LIKELIHOOD],
                f"Which values of {names} the best runs share, and whether validation, by "
                "which one chooses, and test agree.",
            )
        )
    return Section("Which is the best?", found)


def _learning() -> Section:
    return Section(
        "How did they learn?",
        [
            curves(
                "Validation ELBO",
                "val/elbo",
                NATS,
                "Who learns fastest, who is still rising at the end, and who overfits: that one "
                "falls again. The band is the spread over seeds.",
            ),
            curves(
                "Training ELBO",
                "train/elbo",
                NATS,
                "How far training is above validation at the same step: overfitting; both low: "
                "too small a model, or too few steps.",
            ),
            curves(
                "Validation rate, KL(q(z|x) ‖ p(z))",
                "val/kl",
                NATS,
                "Whether the latents are used: a rate that falls to 0 and stays there is "
                "posterior collapse.",
            ),
            curves(
                "Validation distortion, −E_q[log p(x|z)]",
                "val/reconstruction_loss",
                NATS,
                "Whether the ELBO was gained by better reconstructions or by a lower rate.",
            ),
        ],
    )


def _rate_distortion(columns: list[Column]) -> Section:
    colour = next((column for column in columns if column.numeric), None)
    coloured = f", coloured by {colour.name}" if colour else ""
    return Section(
        "What does a nat of rate buy?",
        [
            points(
                f"Distortion against rate, test set, {NATS}",
                RATE,
                DISTORTION,
                colour,
                f"A run is a point{coloured}; down and left is better. Their sum is −ELBO, so "
                "runs on one falling diagonal are equally good, and differ in how much of x they "
                "put into z.",
            ),
            bars(
                "Inference gap, log-likelihood − ELBO",
                "test/inference_gap",
                NATS,
                "How much a better q(z|x) would gain: large means that the encoder, not the "
                "decoder, is the limit.",
            ),
        ],
    )


def _latents() -> Section:
    return Section(
        "What do the latents carry?",
        [
            list_bars(
                f"KL of each latent, {NATS}",
                "kl_per_latent",
                "kl",
                "How the rate is divided among the latents of each run: which are in use, and "
                "which are the prior.",
            ),
            pictures(
                "KL of each latent, sorted",
                ["kl_per_dimension"],
                "The same of one run as it was drawn: how sharply the latents in use end.",
            ),
            bars(
                "Active units",
                "test/active_units",
                "latents with Var_x(E_q[z]) > 0.01",
                "How many of the z_dim latents tell data apart; 0 or 1 is posterior collapse.",
            ),
            bars(
                "Mutual information of x and z, lower bound",
                "test/mutual_information",
                "nats",
                "How much of the rate is about x; the rest, KL(q(z) ‖ p(z)), makes samples from "
                "the prior worse than reconstructions.",
            ),
        ],
    )


def _seen() -> Section:
    return Section(
        "What does it look like?",
        [
            pictures(
                "Reconstructions and samples",
                ["reconstructions", "samples"],
                "Drag over the steps: what is reconstructed first, and whether samples keep up "
                "with reconstructions.",
            ),
            pictures(
                "Traversals, interpolations, latent space",
                ["traversals", "interpolation", "latent_space"],
                "What changes along each latent, between two data, and where the classes lie.",
            ),
            table(
                "Test data: the likeliest, the least likely, some at random",
                "test_data",
                "What a run finds hard, and how it reconstructs it, with ELBO, log-likelihood and "
                "KL of each datum.",
            ),
        ],
    )


def _sound() -> Section:
    return Section(
        "Was the training sound, and what did it cost?",
        [
            curves(
                "Norm of the gradient",
                "train/gradient_norm",
                "nats per unit of a weight",
                "Whether steps blow up or die out; a jump comes before a loss that does.",
                log=True,
            ),
            curves(
                "Steps left out, not finite",
                "train/bad_steps",
                "steps",
                "Whether any loss or gradient was not finite: it should stay at 0.",
            ),
            curves(
                "Learning rate",
                "train/learning_rate",
                "",
                "Whether the schedule is what was meant.",
                log=True,
            ),
            curves("β", "train/beta", "", "When a warm-up or a cycle of β was over."),
            curves(
                "Speed",
                "train/samples_per_second",
                "data per second",
                "What a configuration costs, and whether a machine was slowed down on the way.",
            ),
            bars(
                "Time in training",
                "time/train_seconds",
                "seconds",
                "What each configuration cost altogether.",
            ),
        ],
    )
