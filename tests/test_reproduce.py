"""Recipes say what they are to reach, and the program says whether they do."""

import json
import math
import os
import pydoc
import statistics
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy
import pytest
from omegaconf import OmegaConf

import vae_exp
import vae_exp.reproduce as program
from tests.conftest import one_in
from tests.program import run
from vae_exp import certify
from vae_exp.cli.errors import Failure
from vae_exp.configuration.arguments import check_arguments
from vae_exp.configuration.compose import compose, experiments
from vae_exp.configuration.folder_words import named_folder
from vae_exp.configuration.instantiate import instantiate
from vae_exp.experiment import own_keys
from vae_exp.reproduce import recipes
from vae_exp.reproduction.classification_error import ClassificationError
from vae_exp.reproduction.imputation_error import ImputationError
from vae_exp.reproduction.schulman_tables import ESTIMATORS, relative_moments

SECTIONS = {
    **dict.fromkeys(("data", "kl", "objective", "trainer", "evaluation"), ()),
    **dict.fromkeys(("optimizer", "scheduler", "network"), ()),
    **dict.fromkeys(("encoder", "decoder", "prior"), ("x_shape", "encoder", "c_shape")),
}


# composing them all takes seconds, in each process that collects the tests
NO_NUMBERS = ("sweep/", "mnist_bernoulli")
RECIPES = [name for name in experiments() if not name.startswith(NO_NUMBERS)]
CLASSIFIERS = [name for name in RECIPES if name.startswith("kingma2014")]
IMPUTED = [name for name in RECIPES if name.startswith("mattei2019")]
GAPS = [name for name in RECIPES if name.startswith("cremer2018")]
OTHERS = ("schulman2020/tables", *CLASSIFIERS, *IMPUTED, *GAPS)  # with a number of another kind
TRAINED = [name for name in RECIPES if name not in OTHERS]


# K of the published numbers: "NLL (200 IS)" in pythae's table of reproductions; 5000 in the others
SAMPLES = {"chadebec2022": 200, "batch_effect": 500, "davidson2018": 500, "sohn2015": 100}
SAMPLES["mnih2016"] = 1000
SAMPLES["jang2017"] = 128  # of a number that is none of these: the published one is the ELBO
START = ("init", "bias", "start")  # how weights begin: of the paper's training, not of the model


def without_start(values):
    """A configuration without how its weights begin."""
    if not isinstance(values, dict):
        return values
    return {key: without_start(value) for key, value in values.items() if key not in START}


def test_recipes_are_found_by_what_they_are_to_reach():
    assert list(recipes()) == RECIPES
    assert list(recipes(["ppca", "sweep/which_kl", "nonsense"])) == ["ppca"]


@pytest.mark.parametrize("name", one_in(6, RECIPES))
def test_their_sections_are_those_of_the_composed_configuration(name):
    assert recipes([name])[name] == compose(f"experiment={name}").reproduces


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_composes_and_names_its_target(name):
    cfg = compose(f"experiment={name}")
    recipe = instantiate(cfg.reproduces)
    assert recipe.source and recipe.target
    # a published number is of all its data and samples, always; gaps are those of certify
    if cfg.trainer.epochs and name not in GAPS:
        assert isinstance(cfg.evaluation.importance_samples, int)
        assert cfg.evaluation.part_seconds is None


@pytest.mark.parametrize("name", TRAINED)
def test_a_trained_recipe_is_complete(name):
    cfg = compose(f"experiment={name}")
    target = cfg.reproduces
    assert target._target_.endswith(("LogLikelihood", "BatchEffect"))
    assert target.tolerance >= 0
    samples = 500 if "poincare" in name else SAMPLES.get(name.split("/")[0], 5000)
    assert cfg.evaluation.importance_samples == samples
    assert target.published is None or -120 < target.published < -20
    for section, given in SECTIONS.items():
        own = own_keys(cfg.data) if section == "data" else cfg[section]
        check_arguments(own, given=set(given))


@pytest.mark.parametrize("name", [n for n in TRAINED if n.startswith("burda2015")])
def test_burdas_training_set_is_that_of_their_code(name):
    data = compose(f"experiment={name}").data
    assert (data.binarize, data.validation_size) == ("dynamic", 400)


@pytest.mark.parametrize("name", [n for n in TRAINED if n.endswith("_paper")])
def test_a_papers_weights_begin_as_in_its_code(name):
    cfg = OmegaConf.to_container(compose(f"experiment={name}"), resolve=True)
    init = {"burda2015": "glorot", "tomczak2018": "he", "chadebec2022": "default"}
    init = init[name.split("/")[0]]
    assert cfg["network"]["init"] == init
    assert (cfg["decoder"]["bias"] == "data") == name.startswith("burda2015")
    for part in (cfg["encoder"], cfg["prior"], cfg["decoder"]):
        assert all(v.get("init", init) == init for v in part.values() if isinstance(v, dict))
    if name.startswith("tomczak2018"):
        assert cfg["prior"].get("top", cfg["prior"])["start"] == "noise"
        assert cfg["optimizer"]["_target_"].endswith("AdamNormGrad")


def test_the_papers_schedule_is_three_to_the_i_epochs_at_each_rate():
    cfg = compose("experiment=burda2015/vae_k1_paper")
    epochs = [0, *cfg.scheduler.milestones, cfg.trainer.epochs]
    assert [b - a for a, b in pairwise(epochs)] == [3**i for i in range(8)]
    assert cfg.scheduler.gamma**7 == pytest.approx(0.1)


@pytest.mark.parametrize("paper", [name for name in TRAINED if name.endswith("_paper")])
def test_a_fast_recipe_has_the_papers_model_data_objective_and_evaluation(paper):
    fast = paper.replace("_paper", "_fast")
    if fast not in TRAINED:
        pytest.skip("there is none")
    one, other = compose(f"experiment={paper}"), compose(f"experiment={fast}")
    one_model, other_model = (
        without_start(OmegaConf.to_container(cfg, resolve=True)) for cfg in (one, other)
    )
    for section in ("encoder", "decoder", "prior", "network", "data", "evaluation", "z_dim"):
        assert one_model[section] == other_model[section], section
    # dreg is iwae, with another gradient
    objectives = [pydoc.locate(cfg.objective._target_) for cfg in (other, one)]
    assert issubclass(*objectives)
    assert one.objective.samples == other.objective.samples
    assert one.reproduces.published == other.reproduces.published


@pytest.mark.parametrize("estimator", ["monte_carlo", "schulman", "schulman_k3"])
def test_moments_of_samples_are_those_of_the_integral(estimator):
    """At μ = 0.5, of which the tables have no row; by the formulas of Schulman's note."""
    mu = 0.5
    bias, std = {
        "monte_carlo": (0.0, 2 / mu),
        "schulman": (mu**2 / 4, math.sqrt(2 + mu**2)),
        "schulman_k3": (0.0, 2 * math.sqrt(math.expm1(mu**2) - mu**2) / mu**2),
    }[estimator]
    moments = relative_moments(ESTIMATORS[estimator]("auto"), mu, 1_500_000)
    for value, (measured, stderr) in zip((bias, std), moments.values()):
        assert abs(measured - value) < 4 * stderr < 0.05


def test_schulmans_tables_are_reached_and_a_wrong_number_in_them_is_not():
    section = compose("experiment=schulman2020/tables").reproduces
    section.samples = 300_000
    outcomes = instantiate(section)("schulman2020/tables", None, [])
    assert len(outcomes) == 12 and all(each.good for each in outcomes)
    section.rows[1][2] = 0.02  # for 0.0025
    outcomes = instantiate(section)("schulman2020/tables", None, [])
    assert [each.what for each in outcomes if not each.good] == ["schulman bias, μ=0.1"]


def test_all_is_every_recipe(monkeypatch, capsys):
    section = compose("experiment=schulman2020/tables").reproduces
    section.samples = 100_000
    monkeypatch.setattr(program, "recipes", lambda names: {"one": section, "two": section})
    program.reproduce(program.parser().parse_args(["all"]))
    assert capsys.readouterr().out.count("monte_carlo std") == 4


def reproduce(folder, *arguments, **options):
    return run(folder, *arguments, module="reproduce", **options)


def test_a_number_that_is_missed_is_told_and_what_is_finished_is_not_run_again(tmp_path):
    short = ["--set", "trainer.epochs=1", "--set", "plots.names=[]"]
    short += ["--set", "evaluation.importance_samples=10"]
    code, out, err = reproduce(tmp_path, "ppca", *short)
    assert (code, err) == (1, "vae_exp: not reached: ppca\n")
    assert "missed" in out
    summary = json.loads((tmp_path / "outputs/reproduce/ppca/summary.json").read_text())
    assert f" {summary['time/total_seconds'] / 60:.1f} " in out
    assert f"{summary['test/log_likelihood']:.2f} ±" in out
    assert f"{summary['test/known_log_likelihood']:.2f}" in out
    code, out, _ = reproduce(tmp_path, "ppca", *short)
    assert code == 1 and "finished already" in out
    assert vae_exp.load(tmp_path / "outputs/reproduce/ppca").encoder  # a recipe is no stranger


def finished(value, seconds=60.0, **more):
    own = {"test/log_likelihood": value, "test/log_likelihood_stderr": 0.2, "test/active_units": 20}
    return {"status": "finished", "time/total_seconds": seconds, **own, **more}


def of_pythae():
    return instantiate(compose("experiment=chadebec2022/vae_static_fast").reproduces)


def test_only_a_run_that_finished_with_a_finite_number_reaches_the_published_one(capsys):
    recipe = of_pythae()
    failed = recipe.compare("r", finished(-80.0) | {"status": "failed"})  # in its pictures
    assert (failed.good, failed.verdict) == (False, "failed")
    diverged = recipe.compare("r", finished(None) | {"test/log_likelihood_stderr": None})
    assert (diverged.good, diverged.verdict) == (False, "missed")
    recipe.published = None  # and no closed form in the summary, as of data with missing values
    unknown = recipe.compare("r", finished(-80.0))
    assert (unknown.good, unknown.verdict, unknown.published) == (False, "not known", None)
    program.show([failed, diverged, unknown])
    assert "not known" in capsys.readouterr().out


def with_seeds(monkeypatch, *summaries):
    """The outcomes of three seeds of a recipe whose runs say this."""
    recipe = of_pythae()
    recipe.published, recipe.tolerance, asked = -89.78, 0.0, []
    left = iter(summaries)
    monkeypatch.setattr(recipe, "run", lambda *words: (asked.append(words), next(left))[1])
    outcomes = recipe("r", Path("here"), ["threads=1"], [0, 1, 5])
    assert [str(folder) for _, folder, _ in asked] == ["here/seed_0", "here/seed_1", "here/seed_5"]
    assert [words for *_, words in asked] == [["threads=1", f"seed={s}"] for s in (0, 1, 5)]
    return outcomes


def test_seeds_are_compared_by_their_mean_with_the_standard_error_over_them(monkeypatch):
    *each, whole = with_seeds(monkeypatch, finished(-89.0), finished(-90.0), finished(-89.6))
    assert [outcome.verdict for outcome in each] == ["reached", "missed", "reached"]
    assert all(outcome.good for outcome in each)  # a seed alone decides nothing
    assert whole.reached == pytest.approx(-(89.0 + 90.0 + 89.6) / 3)
    assert whole.stderr == pytest.approx(numpy.std([89.0, 90.0, 89.6], ddof=1) / 3**0.5)
    assert (whole.good, whole.verdict, whole.what) == (True, "reached", "r, 3 seeds")
    assert (whole.active_units, whole.minutes) == ("20.0", 3.0)
    *_, whole = with_seeds(monkeypatch, finished(-89.7), finished(-90.0), finished(-89.7))
    assert (whole.good, whole.verdict) == (False, "missed")


def test_seeds_of_which_one_failed_reach_nothing(monkeypatch):
    failed = {"status": "failed", "time/total_seconds": 1.0}
    *_, whole = with_seeds(monkeypatch, finished(-80.0), failed, finished(-80.0))
    assert (whole.good, whole.verdict, whole.reached) == (False, "failed", None)
    *_, whole = with_seeds(monkeypatch, finished(-80.0), finished(None), finished(-80.0))
    assert (whole.good, whole.verdict) == (False, "missed")


@pytest.mark.bad_input
@pytest.mark.parametrize("seeds", ["", "1", "1,1", "0,00", "a,b", "0,-1", "0,1.5"])
def test_seeds_that_are_none_are_refused(seeds, cli):
    result = cli("ppca", f"--seeds={seeds}", module="reproduce")
    (line,) = result.err.splitlines()
    assert result.exit_code == 2 and line.startswith("vae_exp: --seeds: expected two or more")
    assert line.endswith("; for one seed, --set seed=1") or seeds.startswith("0")


@pytest.mark.bad_input
@pytest.mark.parametrize("words", [[], ["nonsense"], ["ppca", "mnist_bernoulli"]])
def test_recipes_that_are_none_are_refused(cli, words):
    result = cli(*words, module="reproduce")
    (line,) = result.err.splitlines()
    assert result.exit_code == 2 and line.startswith(
        "vae_exp: recipes: expected all, or some of batch_effect"
    )


@pytest.mark.bad_input
def test_an_override_that_is_wrong_is_refused_in_one_line(tmp_path):
    code, _, err = reproduce(tmp_path, "ppca", "--set", "trainer.epoch=1")
    assert code == 2 and err.count("\n") == 1
    assert "trainer.epoch" in err


@pytest.mark.bad_input
def test_an_override_that_the_last_recipe_does_not_take_is_refused_before_the_first_is_trained(cli):
    result = cli("ppca", "batch_effect/conditional", "--set=data.latents=3", module="reproduce")
    (line,) = result.err.splitlines()
    assert result.exit_code == 2 and line.startswith("vae_exp: data.latents: expected one of")
    assert result.out == ""


def test_the_folder_of_mnist_is_for_recipes_with_data_from_there_alone():
    words = ["data.root=/data", "device=cpu"]
    assert program.own_overrides("burda2015/vae_k1_fast", words) == words
    assert program.own_overrides("ppca", words) == ["device=cpu"]


def test_what_was_reached_before_a_recipe_was_refused_is_told(monkeypatch, capsys, tmp_path):
    reached = of_pythae().compare("one", finished(-80.0))

    def refuse(*_):
        raise Failure("refused", 2)

    monkeypatch.setattr(program, "recipes", lambda names: {"one": None, "two": None})
    found = iter([lambda *_: [reached], refuse])
    monkeypatch.setattr("vae_exp.configuration.instantiate.instantiate", lambda _: next(found))
    with pytest.raises(Failure):
        program.reproduce(program.parser().parse_args(["one", "two"]))
    assert "-80.00 ± 0.20" in capsys.readouterr().out


def test_a_folder_may_have_any_name(monkeypatch):
    asked = []
    monkeypatch.setattr(
        "subprocess.run", lambda command: (asked.extend(command), SimpleNamespace(returncode=0))[1]
    )
    of_pythae().run("ppca", Path("/a,b=c [x]"), [])
    (word,) = [word for word in asked if word.startswith("hydra.run.dir")]
    assert named_folder(word) == "/a,b=c [x]"


@pytest.mark.nightly
@pytest.mark.parametrize(
    "name", ["schulman2020/tables", "ppca", "chadebec2022/vae_static_fast", "burda2015/vae_k1_fast"]
)
def test_the_cheapest_recipes_are_reached(tmp_path, name):
    """MNIST_ROOT names the folder that has MNIST, else it is downloaded."""
    with_root = "root" in compose(f"experiment={name}").data and "MNIST_ROOT" in os.environ
    root = ["--set", f"data.root={os.environ['MNIST_ROOT']}"] if with_root else []
    code, out, err = reproduce(tmp_path, name, *root, timeout=7200)
    assert (code, err) == (0, ""), out
    assert "reached" in out


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_classifiers_recipe_is_complete_and_chooses_nothing_by_labels(name):
    cfg = compose(f"experiment={name}")
    assert cfg.reproduces._target_.endswith("ClassificationError")
    assert (cfg.data.labelled, cfg.evaluation.weights) == (100, "last")
    for section, given in SECTIONS.items():
        own = own_keys(cfg.data) if section == "data" else cfg[section]
        check_arguments(own, given=set(given))


def test_an_error_is_reached_from_below():
    section = {"source": "", "metric": "test/accuracy", "published": 11.97, "tolerance": 1.71}
    recipe = ClassificationError(**section)

    def outcome(accuracy):
        numbers = {"test/accuracy": accuracy, "test/accuracy_stderr": 0.003}
        return recipe.compare("m2", {"status": "finished", **numbers})

    reached, missed = outcome(0.8633), outcome(0.8631)
    assert (reached.good, reached.verdict) == (True, "reached")
    assert (missed.good, missed.verdict) == (False, "missed")
    assert (reached.reached, reached.stderr) == pytest.approx((13.67, 0.3))
    assert recipe.compare("m2", {}).verdict == "not run"
    seeds = [
        {"status": "finished", "test/accuracy": a, "test/active_units": 1, "time/total_seconds": 1}
        for a in (0.8, 0.9)
    ]
    assert recipe.compare("m2", recipe.average(seeds)).reached == pytest.approx(15.0)


def test_an_error_of_imputation_is_the_square_of_ours():
    recipe = ImputationError("", "test/imputation_rmse", 0.287, 0.0)
    for rmse, good in ((0.535, True), (0.537, False)):
        found = recipe.compare("miwae", {"status": "finished", "test/imputation_rmse": rmse})
        assert (found.good, found.reached) == (good, pytest.approx(rmse**2))
    assert recipe.compare("miwae", {}).verdict == "not run"
    of_one = {"status": "finished", "time/total_seconds": 1.0, "test/active_units": 3}
    roots = [0.5, 0.52, 0.54]
    mean = recipe.average([{**of_one, "test/imputation_rmse": root} for root in roots])
    found = recipe.compare("miwae", mean)  # to first order, that of the squares
    squares = [root**2 for root in roots]
    assert found.stderr == pytest.approx(statistics.stdev(squares) / 3**0.5, rel=0.01)


@pytest.mark.parametrize("name", GAPS)
def test_a_recipe_of_gaps_is_complete_and_certified_as_it_says(name, monkeypatch, tmp_path):
    cfg = compose(f"experiment={name}")
    recipe = instantiate(cfg.reproduces)
    for section, given in SECTIONS.items():
        own = own_keys(cfg.data) if section == "data" else cfg[section]
        check_arguments(own, given=set(given))
    approximation, amortization, whole = recipe.numbers.values()
    assert approximation + amortization == pytest.approx(whole)
    numbers = dict(zip(recipe.numbers, (approximation + 0.49, amortization, whole - 0.51)))
    numbers |= {f"{metric}_stderr": 0.1 for metric in numbers}
    monkeypatch.setattr(recipe, "run", lambda *_: {"status": "finished"})
    asked = []
    (tmp_path / "summary.json").write_text(json.dumps({"status": "finished", **numbers}))
    monkeypatch.setattr(
        "subprocess.run", lambda command: (asked.append(command), SimpleNamespace(returncode=0))[1]
    )
    outcomes = recipe(name, tmp_path, ["trainer.epochs=1", "data.root=here"])
    assert [each.verdict for each in outcomes] == ["reached", "reached", "missed"]
    assert [each.stderr for each in outcomes] == [0.1] * 3
    assert asked[0][3:] == [str(tmp_path), *cfg.reproduces.certify, "data.root=here"]
    parser = certify.parser()
    assert parser.parse_intermixed_args(asked[0][3:]).split == "train"
    monkeypatch.setattr(recipe, "run", lambda *_: {})
    assert {each.verdict for each in recipe(name, tmp_path, [])} == {"not run"}


@pytest.mark.parametrize("hidden", [True, False])
def test_a_batch_effect_is_hidden_at_chance_and_only_there(hidden, monkeypatch, tmp_path):
    recipe = f"batch_effect/{'' if hidden else 'un'}conditional"
    summary = {
        "status": "finished",
        "test/log_likelihood": -100.5,
        "test/chance_accuracy_batch": 0.34,
    }
    summary |= {"test/known_log_likelihood": -100.0, "test/linear_probe_accuracy": 0.97}
    summary |= {"test/knn_accuracy": 0.96}  # of the type
    summary |= {"test/linear_probe_accuracy_batch": 0.37, "test/knn_accuracy_batch": 0.38}
    kind = instantiate(compose(f"experiment={recipe}").reproduces)
    monkeypatch.setattr(kind, "run", lambda *arguments: summary)
    outcomes = {each.what: each for each in kind(recipe, tmp_path, [])}
    good = [outcome.good for outcome in outcomes.values()]
    # log-likelihood, type, then batch: three standard errors of 0.34 among 2000 are 0.032
    assert good == ([True, True, False, True] if hidden else [True, True, False])
    by_neighbours = outcomes[f"{recipe} knn_accuracy_batch"]
    assert by_neighbours.stderr == pytest.approx(0.0109, abs=1e-4)
    monkeypatch.setattr(kind, "run", lambda *arguments: {})
    assert not any(outcome.good for outcome in kind(recipe, tmp_path, [], seeds=[0, 1]))
