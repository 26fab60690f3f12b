"""`python -m pipeline`: runs the steps in order and prints the scores."""

import argparse
import os
from pathlib import Path

import joblib

from pipeline import data, model


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m pipeline", description="Trains a classifier and prints its scores.")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("PIPELINE_SEED", "42")))
    parser.add_argument("--test-size", type=float, default=0.25, help="share of the samples kept for the test")
    parser.add_argument("--save", type=Path, metavar="FILE", help="where to keep the trained model")
    options = parser.parse_args()

    split = data.load(options.test_size, options.seed)
    print(f"training on {len(split.train_labels)} samples, testing on {len(split.test_labels)}")
    trained = model.train(split, options.seed)
    for name, score in model.evaluate(trained, split).items():
        print(f"{name}: {score:.3f}")
    if options.save:
        joblib.dump(trained, options.save)
        print(f"saved: {options.save}")


if __name__ == "__main__":
    main()
