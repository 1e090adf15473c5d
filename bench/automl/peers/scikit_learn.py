"""scikit-learn with defaults: histogram gradient boosting, or a random forest over filled columns."""

from common import Job, encoded
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

job = Job()
train, test, categorical = encoded(job)
regression = job.task == "regression"
if job.model == "hgb":
    # More than 255 categories are not taken: such columns stay codes.
    few = [name for name in categorical if train[name].nunique() <= 255 and train[name].max() < 255]
    kind = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
    model = kind(categorical_features=few, random_state=job.seed)
else:
    kind = RandomForestRegressor if regression else RandomForestClassifier
    imputer = SimpleImputer(strategy="median", keep_empty_features=True)
    model = make_pipeline(imputer, kind(n_jobs=job.cores, random_state=job.seed))
model.fit(train, job.train[job.target])
job.fitted()
if regression:
    job.finish(model.predict(test), [], "scikit-learn")
else:
    job.finish(model.predict_proba(test), model.classes_, "scikit-learn")
