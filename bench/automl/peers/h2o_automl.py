"""H2O AutoML (needs Java) with its own choices."""

import h2o
from common import Job
from h2o.automl import H2OAutoML

job = Job()
h2o.init(nthreads=job.cores, max_mem_size="8g", log_level="FATA", verbose=False)
h2o.no_progress()
train, test = h2o.H2OFrame(job.train), h2o.H2OFrame(job.test)
if job.task != "regression":
    train[job.target] = train[job.target].asfactor()
metric = {"binary": "AUC", "multiclass": "logloss", "regression": "RMSE"}[job.task]
model = H2OAutoML(max_runtime_secs=job.budget, seed=job.seed, sort_metric=metric, verbosity=None)
model.train(y=job.target, training_frame=train)
job.fitted()
found = model.leader.predict(test).as_data_frame()
if job.task == "regression":
    job.finish(found["predict"], [], "h2o")
else:
    labels = train[job.target].levels()[0]
    # Columns after "predict" stand in the order of the levels; labels that are numbers get a p before them.
    job.finish(found.iloc[:, 1:].to_numpy(), labels, "h2o")
h2o.cluster().shutdown()
