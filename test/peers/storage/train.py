"""Trains a model and saves it as KServe's scikit-learn runtime wants it: train.py FOLDER"""

import json
import pathlib
import sys

import joblib
import numpy as np
from sklearn.ensemble import RandomForestClassifier

folder = pathlib.Path(sys.argv[1])
random = np.random.default_rng(20)
disks = random.uniform([0, 0], [100, 2_000], size=(500, 2))
failed = (disks[:, 0] > 80) & (disks[:, 1] > 300)
(folder / "notes").mkdir(parents=True)
joblib.dump(RandomForestClassifier(n_estimators=20, random_state=20).fit(disks, failed), folder / "model.joblib")
(folder / "notes" / "features.json").write_text(json.dumps(["disk_utilization", "disk_age_days"]))
