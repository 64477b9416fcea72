import type { FileForm } from "../../src/documents/models-file.ts";

/** The same two models in every form. */
export const sameModels: Readonly<Record<FileForm, string>> = {
  list: `[
  {"name": "anomaly-detector", "service": "anomaly-detector-predictor", "namespace": "ops", "type": "anomaly"},
  {"name": "disks", "service": "disks-predictor", "namespace": "storage", "type": "predictive", "inputFeatures": ["iops"]}
]
`,
  "models-file": `models:
  # the first
  - name: anomaly-detector
    service: anomaly-detector-predictor # an isolation forest
    namespace: ops
    type: anomaly
  - name: disks
    service: disks-predictor
    namespace: storage
    type: predictive
    inputFeatures: [iops]
`,
  "config-map": `apiVersion: v1
kind: ConfigMap
metadata:
  name: kserve-model-registry
  namespace: ops
data:
  models.yaml: |
    models:
      # the first
      - name: anomaly-detector
        service: anomaly-detector-predictor # an isolation forest
        type: anomaly
      - name: disks
        service: disks-predictor
        namespace: storage
        type: predictive
        inputFeatures: [iops]
`,
  "model-registration": `apiVersion: aiops.platform.io/v1alpha1
kind: ModelRegistration
metadata:
  name: anomaly-detector
  namespace: ops
spec:
  kserveInferenceService: anomaly-detector # an isolation forest
  modelType: anomaly
---
apiVersion: aiops.platform.io/v1alpha1
kind: ModelRegistration
metadata:
  name: disks
  namespace: ops
spec:
  kserveInferenceService: disks
  namespace: storage
  modelType: predictive
  inputFeatures: [iops]
`,
  values: `coordinationEngine:
  kserve:
    enabled: true
    namespace: ops
    models:
      # the first
      - name: anomaly-detector
        service: anomaly-detector-predictor # an isolation forest
        type: anomaly
      - name: disks
        service: disks-predictor
        namespace: storage
        type: predictive
        inputFeatures: [iops]
`,
  env: `KSERVE_NAMESPACE=ops
KSERVE_MODEL_REGISTRY='[{"name":"anomaly-detector","service":"anomaly-detector-predictor","type":"anomaly"},
 {"name":"disks","service":"disks-predictor","namespace":"storage","type":"predictive","inputFeatures":["iops"]}]'
`,
};
