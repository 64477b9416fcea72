{{- /*
Whether the definition of ModelRegistrations is an object of the release, which changes and goes with it: crds.keep false.
Where it is to stay, which is the default, charts/crds/charts/kept brings it, and Helm leaves it alone.
*/}}
{{- define "registry.ownsDefinition" -}}
{{- if and .Values.crds.enabled (not .Values.crds.keep) }}true{{ end }}
{{- end }}

{{- /* What the Deployment says where the definition is the release's. */}}
{{- define "registry.definitionMark" -}}
kserve-model-registry/definition
{{- end }}

{{- /*
Whether the definition was the release's until now and is to stay: Helm deletes an object that is no longer in a release, and
every ModelRegistration would go with it. So it is in this revision once more, marked to be kept. That is read off the
Deployment, which anyone who upgrades the release may read.
*/}}
{{- define "registry.letsDefinitionGo" -}}
{{- if not (include "registry.ownsDefinition" .) -}}
  {{- $deployment := lookup "apps/v1" "Deployment" (include "registry.namespace" .) (include "registry.fullname" .) -}}
  {{- if eq (dig "metadata" "annotations" (include "registry.definitionMark" .) "" $deployment) "release" }}true{{ end -}}
{{- end -}}
{{- end }}

{{- define "registry.checkDefinition" -}}
{{- if and (include "registry.ownsDefinition" .) (eq .Values.registry.mode "crd") (include "registry.kserve" . | fromJson).models (not (.Capabilities.APIVersions.Has "aiops.platform.io/v1alpha1")) -}}
  {{- fail "crds.keep: false: the definition is part of the release, but Helm needs it earlier, for the ModelRegistrations of kserve.models; install the release without kserve.models first, leave crds.keep at true, or set registry.mode to configmap" -}}
{{- end -}}
{{- end }}
