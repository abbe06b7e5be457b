"""A run's log-likelihood between two bounds: ``python -m vae_exp.certify <run folder>``."""

import sys
from argparse import Namespace

from vae_exp.cli.errors import BEFORE_TRAINING, DURING_TRAINING, printable, report_errors
from vae_exp.cli.parser import Parser, exit_codes
from vae_exp.configuration.paths import named_files
from vae_exp.runs.override import other_questions, override
from vae_exp.storage import strict_json

DESCRIPTION = """\
Bound the log-likelihood of a run's model, with no help from its encoder: from below by annealed
importance sampling from p(z) to p(z|x), with Hamiltonian transitions; and on data that the model
draws itself, for which a draw from p(z|x) is known, from above by the way back (bidirectional
Monte Carlo), so that the truth lies between. The importance-weighted number of the same data
stands beside, and where the model is linear the closed form.

  python -m vae_exp.certify outputs/2026-01-31/12-00-00
  python -m vae_exp.certify outputs/2026-01-31/12-00-00 --on real --count 500 --gap

The width on simulated data tells how well the annealing works for this model; of real data there
is a lower bound alone. More temperatures bring the bounds together. Keys of evaluation, data and
device can be set as for vae_exp.evaluate.

Killed, the same command goes on where it was (certify.pt in the run's folder). The numbers go to
the run's summary.json, as certify/simulated/... and certify/<split>/..., and to compare.
"""
ORIGINS = {"both": ("simulated", "real"), "simulated": ("simulated",), "real": ("real",)}
KEPT = "certify.pt"
FAMILY = "with --gap: what the best q of this encoder's family lacks too; may be repeated"


def parser() -> Parser:
    """The command line."""
    parser = Parser("certify", DESCRIPTION)
    parser.add_run()
    parser.add_argument(
        "overrides",
        nargs="*",
        default=[],
        metavar="key=value",
        help="of evaluation, data or device",
    )
    add = parser.add_argument
    add("--on", choices=ORIGINS, default="both", help="which data (both)")
    add("--split", default="test", choices=("train", "validation", "test"), help="(test)")
    add("--count", type=int, default=100, metavar="N", help="how many data of each kind (100)")
    add("--chains", type=int, default=16, metavar="C", help="of each datum (16)")
    add("--temperatures", type=int, default=500, metavar="T", help="between p(z) and p(z|x) (500)")
    add("--leapfrogs", type=int, default=5, metavar="L", help="steps of a transition (5)")
    add("--samples", type=int, default=5000, metavar="K", help="of importance sampling (5000)")
    add("--gap", action="store_true", help="part the inference gap of real data")
    add("--family", action="append", default=[], metavar="NAME", help=FAMILY)
    add("--seed", type=int, default=0, metavar="S", help="of all that is drawn (0)")
    add("--json", action="store_true", help="print the numbers as JSON instead")
    return parser


def main() -> None:
    """Run the command line; exit with 0, 1 (failed in it), 2 (refused before) or 130."""
    with exit_codes():
        certify(parser().parse_intermixed_args())


def certify(arguments: Namespace) -> None:
    """Load, anneal, print, and write the summary.

    Raises:
        Failure: with the exit code, the user having been told.
    """
    with report_errors(BEFORE_TRAINING):
        if arguments.gap and arguments.on == "simulated":
            raise ValueError("--gap: expected real data, got --on simulated")
        from vae_exp.runs.find_run import find_run

        run = find_run(arguments.run)
        _ = run.summary  # it will be written again, so it has to read
        config, given = override(run.config, arguments.overrides)
        if arguments.family and not arguments.gap:
            raise ValueError("--family: expected --gap with it, got none")
        from vae_exp.evaluation.certification import Certification
        from vae_exp.evaluation.certification_plan import Plan
        from vae_exp.runs.load import load_experiment
        from vae_exp.runs.model_use import model_use
        from vae_exp.runs.posterior_families import posterior_families
        from vae_exp.storage.kept_results import KeptResults, file_digest

        plan = Plan(
            origins=ORIGINS[arguments.on],
            count=arguments.count,
            chains=arguments.chains,
            temperatures=arguments.temperatures,
            leapfrogs=arguments.leapfrogs,
            importance_samples=arguments.samples,
            gap=arguments.gap,
            seed=arguments.seed,
            families=tuple(dict.fromkeys(arguments.family)),
        )
        experiment = load_experiment(run, config, arguments.allow, named_files(given))
        evaluation = experiment.evaluation
        certification = Certification(
            experiment.vae,
            experiment.data,
            arguments.split,
            plan,
            evaluation.max_elements,
            posterior_families(plan.families, experiment.data.shape, run.config["z_dim"]),
        )
        question = {
            "plan": repr(plan),
            "split": arguments.split,
            "given": repr(given),
            "batch": certification.size,
            "device": experiment.data.device.type,
            "weights": file_digest(run.checkpoint(evaluation.weights)),
        }
        kept = KeptResults(run.path, KEPT, question)
    with report_errors(DURING_TRAINING), model_use("certify", run.path, arguments) as use:
        from vae_exp.cli.certificate import print_certificate
        from vae_exp.cli.progress import EvaluationProgress
        from vae_exp.runs.certification import section, summarise

        if kept.finished or kept.under_way:
            print(printable(f"going on with what {kept.file} has"), file=sys.stderr)
        elif kept.other:
            told = f"{kept.file} is of other settings or weights; beginning anew"
            print(printable(told), file=sys.stderr)
        with EvaluationProgress("certifying") as progress:
            found = certification(kept, progress)
        summary = summarise(found, arguments.split, plan)
        use.log_numbers(summary)
        if arguments.json:
            print(strict_json.dumps(summary, indent=2))
        else:
            print_certificate(summary)
        others = other_questions(run.config, given)
        if not others:
            sections = tuple(section(origin, arguments.split) for origin in plan.origins)
            run.update_summary(summary, instead_of=sections)
        kept.remove()
        if not arguments.json:
            told = f"not written, since {', '.join(others)} changed"
            print(told if others else printable(f"written to {run.summary_file}"))


if __name__ == "__main__":
    main()
