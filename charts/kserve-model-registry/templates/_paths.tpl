{{- /*
What callers from outside may reach: the API, and neither metrics nor probes. A prefix is one of whole elements of a path,
but for Istio, which compares letters.
*/}}
{{- define "registry.publicPrefixes" -}}
/api /v1/models /v2 /ui /openapi.json /kserve.registry.v1.ModelRegistry /inference.GRPCInferenceService
{{- end }}

{{- /* Packages of the contract, the typed services of the models among them, of which each model has its own. */}}
{{- define "registry.publicPackages" -}}
kserve\.(registry|models|versions|catalog)\.[a-z0-9_.]+\.[A-Za-z0-9]+
{{- end }}
