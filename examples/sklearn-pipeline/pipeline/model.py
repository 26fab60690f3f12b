"""The training and evaluation steps."""

from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from pipeline.data import Split


def train(split: Split, seed: int) -> Pipeline:
    """Scales the features and fits a classifier; cross-validation picks the regularisation."""
    steps = Pipeline(
        [
            ("scale", StandardScaler()),
            ("classify", LogisticRegression(max_iter=1000, random_state=seed)),
        ]
    )
    search = GridSearchCV(steps, {"classify__C": [0.01, 0.1, 1.0, 10.0]}, cv=5)
    search.fit(split.train_features, split.train_labels)
    return search.best_estimator_


def evaluate(model: Pipeline, split: Split) -> dict[str, float]:
    """Scores a model on the samples that it has not seen."""
    likelihood = model.predict_proba(split.test_features)[:, 1]
    return {
        "accuracy": accuracy_score(split.test_labels, model.predict(split.test_features)),
        "roc auc": roc_auc_score(split.test_labels, likelihood),
    }
