"""MLJAR in its Compete mode, for the metric that is scored."""

from common import Job
from supervised.automl import AutoML

job = Job()
metric = {"binary": "auc", "multiclass": "logloss", "regression": "rmse"}[job.task]
model = AutoML(
    mode="Compete",
    total_time_limit=job.budget,
    eval_metric=metric,
    n_jobs=job.cores,
    random_state=job.seed,
    results_path=f"{job.folder}/mljar",
    verbose=0,
)
target = job.train[job.target]
model.fit(job.features(job.train), target)
job.fitted()
test = job.features(job.test)
if job.task == "regression":
    job.finish(model.predict(test), [], "mljar-supervised")
else:
    found = model.predict_all(test).filter(like="prediction_")
    labels = [name.removeprefix("prediction_") for name in found.columns]
    job.finish(found.to_numpy(), labels, "mljar-supervised")
