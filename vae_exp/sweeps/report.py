"""The end of a sweep: its runs compared, and the jobs that did not finish."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vae_exp.cli.errors import BEFORE_TRAINING, DURING_TRAINING, Failure, print_error, report_error
from vae_exp.configuration.folder_words import shell_word
from vae_exp.configuration.options_folder import in_a_command
from vae_exp.sweeps.callback import SweepFolderCallback
from vae_exp.sweeps.end_alert import alert_end
from vae_exp.sweeps.sweep import Sweep

WITH_ERROR = ("failed", "refused")  # the statuses that come with one
WORSE = ("failed", "unfinished", "preempted")  # than refused: something had been trained


@contextmanager
def report_results() -> Iterator[None]:
    """Around a sweep: at its end, however it ends, compare its runs and report what went wrong.

    Raises:
        Failure: a job did not finish; what else ended the sweep is raised as it is.
    """
    SweepFolderCallback.path = None
    try:
        yield
    except Exception as error:
        if SweepFolderCallback.path is None:
            raise
        report_error(error)
        exit_code = report_sweep(SweepFolderCallback.path) or DURING_TRAINING
        raise Failure(str(error), exit_code) from error
    except KeyboardInterrupt:
        if SweepFolderCallback.path is not None:
            report_sweep(SweepFolderCallback.path)
        raise
    if SweepFolderCallback.path is not None:
        exit_code = report_sweep(SweepFolderCallback.path)
        alert_end(SweepFolderCallback.path)
        if exit_code:
            raise Failure("a job did not finish", exit_code)


def report_sweep(path: Path) -> int:
    """Print the comparison of a sweep's runs, write it to its folder, and report the other jobs.

    Returns:
        The exit code: 1 if a job failed or was stopped, 2 if others were refused, else 0.
    """
    from vae_exp.comparison.compare_runs import compare_runs

    sweep = Sweep(path)
    summaries = {job: sweep.summary(job) for job in sweep.jobs}
    counts = Counter(summary["status"] for summary in summaries.values())
    if set(counts) == {"not started"}:
        return BEFORE_TRAINING
    if any(path.glob("**/metrics.jsonl")):
        outputs = {f"--{kind}": str(path / f"compare.{kind}") for kind in ("csv", "json", "html")}
        try:
            compare_runs([str(path)], outputs)
        except ValueError as error:
            print_error(f"no comparison: {error}")
    for job, summary in summaries.items():
        if summary["status"] in WITH_ERROR:
            swept = " ".join(sweep.jobs[job])
            name = f"job {job} ({swept})" if swept else f"job {job}"
            print_error(f"{name} {summary['status']}: {summary.get('error')}")
    if set(counts) <= {"finished"}:
        return 0
    counted = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    print_error(
        f"of {len(summaries)} jobs {counted}; python -m vae_exp.run -m"
        f"{in_a_command(sweep.options_folder)} {shell_word('sweep.resume', path)} runs those again "
        "that are not finished, with other keys if it is given some"
    )
    return DURING_TRAINING if any(status in counts for status in WORSE) else BEFORE_TRAINING
