#!/usr/bin/env bash
# A client that needs only curl: lists the models, describes one, and gets predictions from it.
#
#     bash examples/curl/predict.sh [ADDRESS]
#
# ADDRESS is a running service, by default http://127.0.0.1:8080; `npm run demo` starts one.
set -euo pipefail

address=${1:-http://127.0.0.1:8080}

echo "# List"
curl --silent --show-error --fail-with-body "$address/api/v1/models"

echo; echo "# Get"
curl --silent --show-error --fail-with-body "$address/api/v1/models/anomaly-detector"

echo; echo "# Predict, with the request and response of KServe v1"
curl --silent --show-error --fail-with-body --data '{"instances": [[0.5, 1.2, 0.8]]}' \
  "$address/api/v1/models/anomaly-detector/predict"

echo; echo "# Predict, as a Connect RPC in JSON"
curl --silent --show-error --fail-with-body --header 'content-type: application/json' \
  --data '{"name": "anomaly-detector", "instances": [[0.5, 1.2, 0.8]]}' \
  "$address/kserve.registry.v1.ModelRegistry/Predict"

echo; echo "# An error: a message, and the matching HTTP status"
curl --silent --show-error --write-out ' (HTTP %{http_code})\n' "$address/api/v1/models/no-such-model"
