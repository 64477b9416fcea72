{{- /*
What the server and the controller may call: DNS, the pods of the cluster, the API server where it is asked, and the
ranges that the values name; the metadata services of clouds never, which hand out the node's credentials. Takes (list .
ASKS-KUBERNETES).
*/}}
{{- define "registry.egress" -}}
{{- $ := index . 0 -}}
{{- $policy := $.Values.networkPolicy -}}
- to:
    - namespaceSelector: {}
    # The cache of DNS that a node may have.
    - ipBlock:
        cidr: 169.254.20.10/32
  ports:
    - port: 53
      protocol: UDP
    - port: 53
      protocol: TCP
    # CoreDNS on OpenShift
    - port: 5353
      protocol: UDP
    - port: 5353
      protocol: TCP
{{- if $policy.egress }}
{{ toYaml $policy.egress }}
{{- else }}
- to:
    - namespaceSelector: {}
{{- if and (index . 1) (not $policy.allowExternalEgress) }}
# The API server, which no selector finds: it is not a pod.
- to:
    {{- include "registry.ranges" $policy.apiServer.ranges | nindent 4 }}
  ports:
    {{- range $policy.apiServer.ports }}
    - port: {{ . }}
      protocol: TCP
    {{- end }}
{{- end }}
{{- with $policy.allowExternalEgress | ternary (list "0.0.0.0/0" "::/0") $policy.externalRanges }}
- to:
    {{- include "registry.ranges" . | nindent 4 }}
{{- end }}
{{- end }}
{{- with $policy.extraEgress }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* Ranges of addresses as peers, without the metadata services that lie in them. */}}
{{- define "registry.ranges" -}}
{{- range . }}
{{- $except := include "registry.metadataWithin" . | splitList " " | compact }}
- ipBlock:
    cidr: {{ lower . | quote }}
    {{- with $except }}
    except:
      {{- toYaml . | nindent 6 }}
    {{- end }}
{{- end }}
{{- end }}

{{- /*
Which of the addresses of metadata services lie in a range, with spaces between them: link-local (AWS, Azure, Google,
Oracle, OpenStack), Azure's wire server, Alibaba, Oracle, and of IPv6 AWS, Google and the link-local range. A range within
them is refused.
*/}}
{{- define "registry.metadataWithin" -}}
{{- $range := . -}}
{{- $found := list -}}
{{- if contains ":" $range -}}
  {{- $bits := include "registry.rangeBits" $range -}}
  {{- range $metadata := list "fd00:ec2::254/128" "fd20:ce::254/128" "fe80::/10" -}}
    {{- $metadataBits := include "registry.rangeBits" $metadata -}}
    {{- if hasPrefix $metadataBits $bits -}}
      {{- fail (printf "networkPolicy: %s: addresses of a metadata service; the server must never call them" $range) -}}
    {{- else if hasPrefix $bits $metadataBits -}}
      {{- $found = append $found $metadata -}}
    {{- end -}}
  {{- end -}}
{{- else -}}
  {{- $start := include "registry.rangeStart" $range | int64 -}}
  {{- $end := add $start (include "registry.rangeSize" $range | int64) -}}
  {{- range $metadata := list "169.254.0.0/16" "168.63.129.16/32" "100.100.100.200/32" "192.0.0.192/32" -}}
    {{- $from := include "registry.rangeStart" $metadata | int64 -}}
    {{- $to := add $from (include "registry.rangeSize" $metadata | int64) -}}
    {{- if and (ge $start $from) (le $end $to) -}}
      {{- fail (printf "networkPolicy: %s: addresses of a metadata service; the server must never call them" $range) -}}
    {{- else if and (le $start $from) (ge $end $to) -}}
      {{- $found = append $found $metadata -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- $found | join " " -}}
{{- end }}

{{- /* The first address of an IPv4 range as a number, and how many there are. */}}
{{- define "registry.rangeStart" -}}
{{- $number := 0 -}}
{{- range regexFind "^[0-9.]+" . | splitList "." }}{{ $number = add (mul $number 256) (int64 .) }}{{ end -}}
{{- sub $number (mod $number (include "registry.rangeSize" . | int64)) -}}
{{- end }}

{{- define "registry.rangeSize" -}}
{{- $size := 1 -}}
{{- range until (sub 32 (regexFind "[0-9]+$" . | int) | int) }}{{ $size = mul $size 2 }}{{ end -}}
{{- $size -}}
{{- end }}

{{- /* The bits that all addresses of an IPv6 range begin with, as a text of 0 and 1. */}}
{{- define "registry.rangeBits" -}}
{{- $parts := splitList "/" . -}}
{{- $halves := splitList "::" (first $parts) -}}
{{- $head := splitList ":" (first $halves) | compact -}}
{{- $tail := gt (len $halves) 1 | ternary (splitList ":" (last $halves) | compact) (list) -}}
{{- $bits := "" -}}
{{- range $head }}{{ $bits = printf "%s%016b" $bits (printf "0x%s" . | int64) }}{{ end -}}
{{- range until (sub 8 (add (len $head) (len $tail)) | int) }}{{ $bits = printf "%s%016b" $bits 0 }}{{ end -}}
{{- range $tail }}{{ $bits = printf "%s%016b" $bits (printf "0x%s" . | int64) }}{{ end -}}
{{- trunc (last $parts | int) $bits -}}
{{- end }}

{{- /* Whether an address is one of the cluster: a Service by its name alone, or with its namespace and .svc. */}}
{{- define "registry.isInCluster" -}}
{{- if regexMatch "^[a-z]+://([^@/]*@)?([a-z0-9-]+|[a-z0-9.-]+\\.svc(\\.[a-z0-9.-]+)?)(:[0-9]+)?(/.*)?$" (lower .) }}true{{ end }}
{{- end }}

{{- /* Addresses in the values that the policy would keep the server from: it would look like a broken model or issuer. */}}
{{- define "registry.checkEgress" -}}
{{- $policy := .Values.networkPolicy -}}
{{- if and $policy.enabled (not (or $policy.allowExternalEgress $policy.externalRanges $policy.extraEgress $policy.egress)) -}}
  {{- $named := list
        (list "auth.oidc.issuer" .Values.auth.oidc.issuer)
        (list "auth.oidc.jwksUrl" .Values.auth.oidc.jwksUrl)
        (list "catalog.huggingFace.url" .Values.catalog.huggingFace.url)
        (list "database.url" .Values.database.url)
        (list "controller.links.registryUrl" .Values.controller.links.registryUrl) -}}
  {{- range $i, $url := .Values.controller.links.registryUrls -}}
    {{- $named = append $named (list (printf "controller.links.registryUrls[%d]" $i) $url) -}}
  {{- end -}}
  {{- range $name := list "OIDC_ISSUER" "OIDC_JWKS_URL" "OTEL_EXPORTER_OTLP_ENDPOINT" "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" -}}
    {{- $named = append $named (list (printf "config.%s" $name) (default "" (get $.Values.config $name))) -}}
  {{- end -}}
  {{- range $model := (include "registry.kserve" . | fromJson).models -}}
    {{- $named = append $named (list (printf "kserve.models (%s): url" $model.name) (default "" $model.url)) -}}
  {{- end -}}
  {{- range $named -}}
    {{- if and (index . 1) (not (include "registry.isInCluster" (index . 1))) -}}
      {{- fail (printf "%s: %s is outside the cluster, which the network policy does not allow; list its addresses in networkPolicy.externalRanges, or set networkPolicy.allowExternalEgress (a Service is recognized by a name with .svc)" (index . 0) (index . 1)) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- end }}
