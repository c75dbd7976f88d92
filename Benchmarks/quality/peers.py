"""The libraries that Leadwire is compared with. Each is given the typed columns and answers probabilities."""
import numpy as np
import pandas as pd


def categories(frame):
    return [c for c in frame if str(frame[c].dtype) == "category"]


def xgboost_model(**settings):
    def run(x, y, test):
        import xgboost
        model = xgboost.XGBClassifier(enable_categorical=True, tree_method="hist", n_jobs=2, random_state=1, **settings)
        return model.fit(x, y).predict_proba(test)[:, 1]
    return run


def lightgbm_model(**settings):
    def run(x, y, test):
        import lightgbm
        model = lightgbm.LGBMClassifier(n_jobs=2, random_state=1, verbose=-1, **settings)
        return model.fit(x, y).predict_proba(test)[:, 1]
    return run


def catboost_model(**settings):
    def run(x, y, test):
        import catboost
        names = categories(x)
        x, test = x.copy(), test.copy()
        for name in names:
            x[name], test[name] = x[name].astype(str), test[name].astype(str)
        model = catboost.CatBoostClassifier(
            cat_features=names, thread_count=2, random_seed=1, verbose=0, allow_writing_files=False, **settings)
        return model.fit(x, y).predict_proba(test)[:, 1]
    return run


def histogram_model(**settings):
    def run(x, y, test):
        from sklearn.ensemble import HistGradientBoostingClassifier
        model = HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=1, **settings)
        return model.fit(x, y).predict_proba(test)[:, 1]
    return run


def logistic(x, y, test, c=1.0):
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
    names = categories(x)
    numbers = [n for n in x if n not in names]
    model = make_pipeline(
        make_column_transformer(
            (make_pipeline(SimpleImputer(), StandardScaler()), numbers), (OneHotEncoder(handle_unknown="ignore"), names)),
        LogisticRegression(C=c, max_iter=5_000))
    return model.fit(x, y).predict_proba(test)[:, 1]


def naive_bayes(x, y, test):
    """Frequencies of values, numbers in tenths, add-one smoothing."""
    total = np.array([(y == 0).sum(), (y == 1).sum()])
    logs = np.tile(np.log((total + 1) / (total.sum() + 2)), (len(test), 1))
    for name in x:
        if str(x[name].dtype) == "category":
            train, ask = x[name].astype(str).values, test[name].astype(str).values
        else:
            edges = np.unique(np.nanquantile(x[name].values.astype(float), np.linspace(0, 1, 11)[1:-1]))
            train = np.searchsorted(edges, x[name].values, side="right")
            ask = np.searchsorted(edges, test[name].values, side="right")
        values, codes = np.unique(train, return_inverse=True)
        counts = np.stack([np.bincount(codes[y == k], minlength=len(values)) for k in (0, 1)], 1)
        weights = pd.DataFrame(np.log((counts + 1) / (total + len(values))), index=values)
        logs += weights.reindex(ask).fillna(0).values
    return 1 / (1 + np.exp(logs[:, 0] - logs[:, 1]))


# Each library twice where its defaults are known to overfit tables of this size: as it comes, and regularised.
PEERS = {
    "XGBoost defaults": xgboost_model(),
    "XGBoost 300 x depth 5": xgboost_model(
        n_estimators=300, max_depth=5, learning_rate=0.05, subsample=0.8, min_child_weight=3),
    "LightGBM defaults": lightgbm_model(),
    "LightGBM 300 x 15 leaves": lightgbm_model(
        n_estimators=300, num_leaves=15, learning_rate=0.05, subsample=0.8, subsample_freq=1, colsample_bytree=0.8),
    "CatBoost defaults": catboost_model(),
    "CatBoost 500 x depth 6": catboost_model(iterations=500, depth=6, learning_rate=0.05),
    "HistGradientBoosting": histogram_model(),
    "HistGradientBoosting, early stopping": histogram_model(learning_rate=0.05, max_iter=300, early_stopping=True),
    "logistic regression, one-hot": logistic,
    "naive Bayes": naive_bayes,
}
