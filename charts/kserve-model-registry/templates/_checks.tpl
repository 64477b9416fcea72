{{- /* What the schema of the values cannot say. Each message names the value, what is wrong and what to do. */}}
{{- define "registry.check" -}}
{{- include "registry.checkSections" . -}}
{{- include "registry.checkImage" . -}}
{{- include "registry.checkModels" . -}}
{{- include "registry.checkVariables" . -}}
{{- include "registry.checkAccess" . -}}
{{- include "registry.checkDatabase" . -}}
{{- include "registry.checkLinks" . -}}
{{- include "registry.checkCatalog" . -}}
{{- include "registry.checkLabels" . -}}
{{- include "registry.checkRoutes" . -}}
{{- include "registry.checkEgress" . -}}
{{- include "registry.checkDefinition" . -}}
{{- if and .Values.test.model (not .Values.test.instances) -}}
  {{- fail "test.instances: missing; test.model needs instances to predict, such as [[0.5, 1.2, 0.8]]" -}}
{{- end -}}
{{- end }}

{{- define "registry.checkImage" -}}
{{- $last := .Values.image.repository | splitList "/" | last -}}
{{- if contains "@" .Values.image.repository -}}
  {{- fail (printf "image.repository: %s: contains a digest; set image.digest instead" .Values.image.repository) -}}
{{- else if contains ":" $last -}}
  {{- fail (printf "image.repository: %s: contains a tag; set image.tag to %s instead" .Values.image.repository (splitList ":" $last | last)) -}}
{{- end -}}
{{- end }}

{{- define "registry.checkModels" -}}
{{- $kserve := include "registry.kserve" . | fromJson -}}
{{- $mode := .Values.registry.mode -}}
{{- range $model := $kserve.models -}}
  {{- if and $model.url $model.port -}}
    {{- fail (printf "kserve.models (%s): port: not together with url; write the port into the url" $model.name) -}}
  {{- end -}}
  {{- range $field := list "caFile" "clientCertFile" "clientKeyFile" "tokenFile" -}}
    {{- if and (eq $mode "crd") (get $model $field) -}}
      {{- fail (printf "kserve.models (%s): %s: a ModelRegistration cannot name files of the server; use registry.mode env or configmap, or modelTls for all models" $model.name $field) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- if and (eq $mode "discovery") $kserve.models -}}
  {{- fail "kserve.models: not served with registry.mode discovery; set registry.mode to env, configmap or crd, with discovery in registry.additionalSources" -}}
{{- end -}}
{{- if and (eq $mode "configmap") $kserve.models (not .Values.registry.configMap.create) -}}
  {{- fail "kserve.models: not written anywhere, because registry.configMap.create is false; put them into that ConfigMap, or let the chart create it" -}}
{{- end -}}
{{- if eq $mode "crd" -}}
  {{- include "registry.checkRegistrations" . -}}
{{- end -}}
{{- $bytes := printf "KSERVE_MODEL_REGISTRY=%s" (toJson $kserve.models) | len -}}
{{- if and (eq $mode "env") (ge $bytes 131072) -}}
  {{- fail (printf "kserve.models: %d models take %d bytes as one variable, but Linux starts no process with 131072 or more; set registry.mode to configmap" (len $kserve.models) $bytes) -}}
{{- end -}}
{{- if and (eq $mode "configmap") (ge (toYaml $kserve.models | len) 1000000) -}}
  {{- fail (printf "kserve.models: %d models are more than a ConfigMap of 1 MiB holds; set registry.mode to crd" (len $kserve.models)) -}}
{{- end -}}
{{- if and (get .Values.config "KSERVE_CLUSTERS") (not (include "registry.sources" .)) -}}
  {{- fail "config: KSERVE_CLUSTERS: has no effect without a source that reads the Kubernetes API; set registry.mode or registry.additionalSources" -}}
{{- end -}}
{{- end }}

{{- /* Whether the server sees the ModelRegistrations of the values, and takes them where it does not trust their namespace. */}}
{{- define "registry.checkRegistrations" -}}
{{- $kserve := include "registry.kserve" . | fromJson -}}
{{- $release := include "registry.namespace" . -}}
{{- $watched := .Values.registry.watchNamespaces -}}
{{- $trusted := default (list $release) .Values.registry.trustedNamespaces -}}
{{- $homes := include "registry.registrationHomes" . | fromJson -}}
{{- range $model := $kserve.models -}}
  {{- $home := get $homes (printf "%s %s" $model.name (include "registry.namespaceOf" (list $model $kserve.namespace))) -}}
  {{- if and $watched (not (has $home $watched)) -}}
    {{- $place := ternary "the namespace of the release; the ModelRegistrations of kserve.models are there" (printf "where the ModelRegistration of %s is, because another model of that name is in %s" $model.name $release) (eq $home $release) -}}
    {{- fail (printf "registry.watchNamespaces: %s is missing, %s" $home $place) -}}
  {{- end -}}
  {{- /* The address of a Service in the namespace of the object is its own to name. */ -}}
  {{- $isOwn := eq (include "registry.namespaceOf" (list (dict "url" $model.url) "")) $home -}}
  {{- range $field := $isOwn | ternary (list "forwardAuthorization") (list "url" "forwardAuthorization") -}}
    {{- if and (get $model $field) (ne $home $release) (not (has $home $trusted)) -}}
      {{- fail (printf "kserve.models (%s): %s: its ModelRegistration is in namespace %s, because another model of that name is in %s, and only an object in a trusted namespace may set this; add %s to registry.trustedNamespaces (with %s, which is the default), or use registry.mode env or configmap" $model.name $field $home $release $home $release) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{- define "registry.checkAccess" -}}
{{- $open := default (toString (default "health" (get .Values.config "AUTH_OPEN"))) (.Values.auth.open | join ",") -}}
{{- if and (not (include "registry.isOpen" .)) (not (has "health" (splitList "," (nospace $open)))) -}}
  {{- fail (printf "%s: %s omits health, which the kubelet requests without a token; its probes would get 401, and the pods would be restarted" (.Values.auth.open | empty | ternary "config: AUTH_OPEN" "auth.open") $open) -}}
{{- end -}}
{{- $mode := include "registry.authMode" . -}}
{{- if and (eq $mode "oidc") (not (or .Values.auth.oidc.issuer (get .Values.config "OIDC_ISSUER"))) -}}
  {{- fail "auth.oidc.issuer: missing; auth.mode oidc checks the tokens of an issuer" -}}
{{- end -}}
{{- if and (include "registry.hasClientCa" .) (not (include "registry.tlsEnabled" .)) -}}
  {{- fail "tls.clientCA: client certificates need TLS; set tls.enabled and tls.secretName" -}}
{{- end -}}
{{- if and .Values.tls.clientCA.secretName .Values.tls.clientCA.configMap -}}
  {{- fail "tls.clientCA: secretName and configMap: set only one of the two" -}}
{{- end -}}
{{- end }}

{{- /* Labels that select pods may not be set to something else. */}}
{{- define "registry.checkLabels" -}}
{{- range $place, $labels := dict "podLabels" .Values.podLabels "controller.podLabels" .Values.controller.podLabels "commonLabels" .Values.commonLabels -}}
  {{- range $name := list "app.kubernetes.io/name" "app.kubernetes.io/instance" "component" -}}
    {{- if hasKey $labels $name -}}
      {{- fail (printf "%s: %s: selects the pods of the release and is set by the chart; use another label" $place $name) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{- /* Routes to a port that speaks something else would end in errors of the gateway that nobody can read. */}}
{{- define "registry.checkRoutes" -}}
{{- $tls := include "registry.tlsEnabled" . -}}
{{- range $kind := list "httpRoute" "grpcRoute" -}}
  {{- $route := get $.Values.gateway $kind -}}
  {{- if and $route.enabled (not $route.parentRefs) -}}
    {{- fail (printf "gateway.%s.parentRefs: missing; name the Gateways that the route belongs to" $kind) -}}
  {{- end -}}
  {{- if and $route.enabled $tls (not $.Values.gateway.backendTLSPolicy.caConfigMap) -}}
    {{- fail (printf "gateway.%s: the server speaks TLS; name a ConfigMap with its CA (ca.crt) in gateway.backendTLSPolicy.caConfigMap, so that the gateway speaks TLS too" $kind) -}}
  {{- end -}}
{{- end -}}
{{- with .Values.istio -}}
  {{- if and $tls (or .virtualService.enabled .destinationRule.enabled) (not (and .destinationRule.enabled (eq .destinationRule.tlsMode "SIMPLE"))) -}}
    {{- fail "istio: the server speaks TLS itself; set istio.destinationRule.enabled with tlsMode SIMPLE, or leave TLS to the mesh and turn tls off" -}}
  {{- end -}}
  {{- if and (not $tls) .destinationRule.enabled (eq .destinationRule.tlsMode "SIMPLE") -}}
    {{- fail "istio.destinationRule.tlsMode: SIMPLE speaks TLS to a server without; use ISTIO_MUTUAL, or set tls.enabled" -}}
  {{- end -}}
{{- end -}}
{{- with .Values.ingress -}}
  {{- if and .enabled (not .hosts) -}}
    {{- fail "ingress.hosts: missing; name a host, such as [{host: models.example}]" -}}
  {{- end -}}
  {{- if and .enabled $tls (not (regexMatch "(?i)backend-protocol|scheme|backend-protocols|secure-backends" (print (keys .annotations) (keys $.Values.service.annotations)))) -}}
    {{- fail "ingress: the server speaks TLS; say so to your controller by an annotation, such as ingress.annotations: {nginx.ingress.kubernetes.io/backend-protocol: HTTPS}" -}}
  {{- end -}}
{{- end -}}
{{- with .Values.service -}}
  {{- if and .nodePort (eq .type "ClusterIP") -}}
    {{- fail "service.nodePort: a Service of type ClusterIP has none; set service.type to NodePort or LoadBalancer" -}}
  {{- end -}}
  {{- range $field := list "loadBalancerClass" "loadBalancerSourceRanges" -}}
    {{- if and (get $.Values.service $field) (ne $.Values.service.type "LoadBalancer") -}}
      {{- fail (printf "service.%s: is for service.type LoadBalancer" $field) -}}
    {{- end -}}
  {{- end -}}
  {{- if and .externalTrafficPolicy (eq .type "ClusterIP") -}}
    {{- fail "service.externalTrafficPolicy: is for service.type NodePort or LoadBalancer" -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{- /* The ways by which callers from outside of the cluster reach the server, with commas between them. */}}
{{- define "registry.exposedBy" -}}
{{- $ways := list -}}
{{- range $name, $on := dict
      "ingress" .Values.ingress.enabled
      "istio.virtualService" (and .Values.istio.virtualService.enabled .Values.istio.virtualService.gateways)
      "gateway.httpRoute" .Values.gateway.httpRoute.enabled
      "gateway.grpcRoute" .Values.gateway.grpcRoute.enabled
      "openshift.route" .Values.openshift.route.enabled
      "service.type" (ne .Values.service.type "ClusterIP") -}}
  {{- if $on }}{{ $ways = append $ways $name }}{{ end -}}
{{- end -}}
{{- $ways | sortAlpha | join ", " -}}
{{- end }}
