"""scikit-learn: histogram gradient boosting or a random forest over filled columns with defaults, or the forest tuned by random search."""

import time

import numpy as np
from common import Job, encoded
from sklearn.base import clone
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.model_selection import ParameterSampler, cross_val_score
from sklearn.pipeline import make_pipeline

DRAWS = 25


def tuned(model, grid, scoring):
    """The best of the defaults and up to 25 random draws by five folds; no draw begins when the budget is spent."""
    started = time.monotonic()
    best = -np.inf, {}
    for params in [{}, *ParameterSampler(grid, DRAWS, random_state=job.seed)]:
        if params and time.monotonic() - started > job.budget:
            break
        score = cross_val_score(clone(model).set_params(**params), train, job.train[job.target], scoring=scoring, cv=5).mean()
        best = max(best, (score, params), key=lambda one: one[0])
    return clone(model).set_params(**best[1])


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
    forest = kind(n_jobs=job.cores, random_state=job.seed)
    model = make_pipeline(imputer, forest)
    if job.model == "rf-tuned":
        step = type(forest).__name__.lower()
        ranges = {
            "n_estimators": [300],
            "max_features": ["sqrt", "log2", 0.1, 0.3, 0.6, 1.0],
            "min_samples_leaf": [1, 2, 3, 5, 10, 20],
            "max_depth": [None, 5, 10, 20],
            "criterion": ["squared_error"] if regression else ["gini", "entropy"],
        }
        scoring = {"binary": "roc_auc", "multiclass": "neg_log_loss", "regression": "neg_root_mean_squared_error"}[job.task]
        grid = {f"{step}__{name}": values for name, values in ranges.items()}
        model = tuned(model, grid, scoring)
model.fit(train, job.train[job.target])
job.fitted()
if regression:
    job.finish(model.predict(test), [], "scikit-learn")
else:
    job.finish(model.predict_proba(test), model.classes_, "scikit-learn")
