"""FLAML with its own choices, for the metric that is scored."""

from common import Job
from flaml import AutoML

job = Job()
metric = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}[job.task]
model = AutoML()
model.fit(
    X_train=job.features(job.train),
    y_train=job.train[job.target],
    task="regression" if job.task == "regression" else "classification",
    metric=metric,
    time_budget=job.budget,
    n_jobs=job.cores,
    seed=job.seed,
    verbose=0,
)
job.fitted()
test = job.features(job.test)
if job.task == "regression":
    job.finish(model.predict(test), [], "flaml")
else:
    job.finish(model.predict_proba(test), model.classes_, "flaml")
