"""Many runs: Hydra's sweeps, resuming them and what is reported at their end; Optuna's searches."""
