{{- /*
Binds a role to an account of the release's namespace. Takes a dict: root, component, role (Role or ClusterRole), name (of
role and binding; roleName where they differ), namespace ("" for a ClusterRoleBinding), account.
*/}}
{{- define "registry.binding" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .namespace | empty | ternary "ClusterRoleBinding" "RoleBinding" }}
metadata:
  {{- include "registry.metadata" (dict "root" .root "component" .component "name" .name "namespace" .namespace) | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .role }}
  name: {{ default .name .roleName | quote }}
subjects:
  - kind: ServiceAccount
    name: {{ .account | quote }}
    namespace: {{ include "registry.namespace" .root | quote }}
{{- end }}
