#!/usr/bin/env bash
# A client with nothing but curl: lists the models, gets one, and asks it for predictions.
#
#     bash examples/curl/predict.sh [ADDRESS]
#
# ADDRESS is that of a running service, http://127.0.0.1:8080 by default: `npm run demo` starts one.
set -euo pipefail

address=${1:-http://127.0.0.1:8080}

echo "# List"
curl --silent --show-error --fail-with-body "$address/api/v1/models"

echo; echo "# Get"
curl --silent --show-error --fail-with-body "$address/api/v1/models/anomaly-detector"

echo; echo "# Predict: the body of KServe in, the body of KServe out"
curl --silent --show-error --fail-with-body --data '{"instances": [[0.5, 1.2, 0.8]]}' \
  "$address/api/v1/models/anomaly-detector/predict"

echo; echo "# Predict, as the RPC, in JSON"
curl --silent --show-error --fail-with-body --header 'content-type: application/json' \
  --data '{"name": "anomaly-detector", "instances": [[0.5, 1.2, 0.8]]}' \
  "$address/kserve.registry.v1.ModelRegistry/Predict"

echo; echo "# An error says what is wrong, with a status that fits"
curl --silent --show-error --write-out ' (HTTP %{http_code})\n' "$address/api/v1/models/no-such-model"
