"""AutoGluon Tabular by preset, for the metric that is scored."""

from autogluon.tabular import TabularPredictor
from common import Job

job = Job()
metric = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "root_mean_squared_error"}[job.task]
predictor = TabularPredictor(
    label=job.target, problem_type=job.task, eval_metric=metric, path=f"{job.folder}/autogluon", verbosity=0
)
predictor.fit(job.train, presets=job.model, time_limit=job.budget, num_cpus=job.cores)
job.fitted()
if job.task == "regression":
    job.finish(predictor.predict(job.test), [], "autogluon.tabular")
else:
    found = predictor.predict_proba(job.test)
    job.finish(found.to_numpy(), found.columns, "autogluon.tabular")
