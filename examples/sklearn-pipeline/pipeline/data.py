"""The data step: a bundled data set, split once and always the same way."""

from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split


@dataclass(frozen=True)
class Split:
    """Features and labels, for training and for the final test."""

    train_features: np.ndarray
    test_features: np.ndarray
    train_labels: np.ndarray
    test_labels: np.ndarray


def load(test_size: float, seed: int) -> Split:
    """Reads the breast cancer data set that comes with scikit-learn: 569 samples of 30 features."""
    features, labels = load_breast_cancer(return_X_y=True)
    parts = train_test_split(features, labels, test_size=test_size, random_state=seed, stratify=labels)
    return Split(*parts)
