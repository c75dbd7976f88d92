"""Log loss, AUC, Brier score, calibration error; paired bootstrap of a difference."""
import numpy as np
from scipy.stats import rankdata


def losses(y, p):
    p = np.clip(p, 1e-15, 1 - 1e-15)
    return -np.where(y == 1, np.log(p), np.log1p(-p))


def auc(y, p):
    ranks, positives = rankdata(p), y.sum()
    return (ranks[y == 1].sum() - positives * (positives + 1) / 2) / (positives * (len(y) - positives))


def ece(y, p, bins=10):
    bin_of = np.minimum((p * bins).astype(int), bins - 1)
    return float(np.abs(np.bincount(bin_of, y - p, bins)).sum() / len(y))


def figures(y, p):
    return {"log_loss": float(losses(y, p).mean()), "auc": float(auc(y, p)), "brier": float(np.mean((p - y) ** 2)), "ece": ece(y, p)}


def paired(y, p, other, draws=1_000, seed=7):
    """95% intervals of the difference of log loss and AUC (p less other) over resampled rows."""
    random = np.random.default_rng(seed)
    a, b = losses(y, p), losses(y, other)
    loss, area = [], []
    for _ in range(draws):
        rows = random.integers(0, len(y), len(y))
        loss.append(a[rows].mean() - b[rows].mean())
        if 0 < y[rows].sum() < len(y):
            area.append(auc(y[rows], p[rows]) - auc(y[rows], other[rows]))
    interval = lambda values: [float(v) for v in np.quantile(values, [0.025, 0.975])]
    return {"log_loss": interval(loss), "auc": interval(area)}
