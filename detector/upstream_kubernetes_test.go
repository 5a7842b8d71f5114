package detector

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/ruleset"
)

// audited is an audit event of Kubernetes with other texts in it: old and new in turn.
func audited(replacements ...string) string {
	e := strings.NewReplacer(replacements...).Replace(`{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"a-1","stage":"ResponseComplete",` +
		`"requestURI":"/api/v1/namespaces/shop/pods","verb":"create","user":{"username":"eve","groups":["system:authenticated"]},"sourceIPs":["203.0.113.24"],"userAgent":"kubectl/v1.30.0",` +
		`"objectRef":{"resource":"pods","namespace":"shop","name":"web","apiVersion":"v1"},"responseStatus":{"metadata":{},"code":201},` +
		`"requestObject":{"kind":"Pod","spec":{"containers":[{"name":"c","image":"docker.io/library/alpine:3"}]}},` +
		`"requestReceivedTimestamp":"2026-03-02T09:00:00.123456Z","stageTimestamp":"2026-03-02T09:00:00.223456Z","annotations":{"authorization.k8s.io/decision":"allow"}}`)
	return e
}

// All of Elastic's query rules about Kubernetes on its raw audit events: one of ours that
// each must match, and a near miss.
func TestUpstreamKubernetesRules(t *testing.T) {
	dir := filepath.Join(filepath.Dir(upstream(t)), "kubernetes")
	object := func(resource, more string) []string {
		return []string{`"resource":"pods","namespace":"shop","name":"web"`, `"resource":"` + resource + `"` + more}
	}
	secrets := object("secrets", `,"namespace":"kube-system"`)
	spec := func(more string) []string { return []string{`"spec":{`, `"spec":{` + more + `,`} }
	container := func(more string) []string { return []string{`"name":"c"`, `"name":"c",` + more} }
	with := func(base []string, more ...string) string {
		return audited(append(base[:len(base):len(base)], more...)...)
	}
	for name, c := range map[string]struct{ hit, miss string }{
		"credential_access_kubernetes_secret_access_scripting_http_clients": {
			with(secrets, `"verb":"create"`, `"verb":"get"`, "kubectl/v1.30.0", "curl/8.5"), with(secrets, `"verb":"create"`, `"verb":"get"`)},
		"credential_access_kubernetes_secret_read_by_node_or_pod_service_account": {
			with(secrets, `"verb":"create"`, `"verb":"list"`, `"eve"`, `"system:node:n-1"`),
			with(secrets, `"verb":"create"`, `"verb":"list"`, `"eve"`, `"system:serviceaccount:monitoring:plat-central-monitoring-pr-operator","extra":{"authentication.kubernetes.io/pod-name":["plat-central-monitoring-pr-operator-1"]}`)},
		"credential_access_kubernetes_secrets_list_cluster_and_sensitive_namespaces": {
			with(secrets, `"verb":"create"`, `"verb":"list"`, "/api/v1/namespaces/shop/pods", "/api/v1/secrets?limit=500"),
			with(secrets, `"verb":"create"`, `"verb":"list"`, "/api/v1/namespaces/shop/pods", "/api/v1/secrets?limit=500", "203.0.113.24", "127.0.0.1")},
		"credential_access_kubernetes_service_account_token_created_via_tokenrequest": {
			with(object("serviceaccounts", `,"subresource":"token"`)), with(object("serviceaccounts", `,"subresource":"token"`), `"eve"`, `"eks:node-manager"`)},
		"impact_kubernetes_coredns_or_kube_dns_configuration_modified": {
			with(object("configmaps", `,"namespace":"kube-system","name":"coredns"`), `"verb":"create"`, `"verb":"patch"`),
			with(object("configmaps", `,"namespace":"kube-system","name":"coredns"`), `"verb":"create"`, `"verb":"patch"`, `"allow"`, `"forbid"`)},
		"persistence_cluster_admin_rolebinding_created": {
			with(object("clusterrolebindings", ""), `"spec":{`, `"roleRef":{"name":"cluster-admin"},"spec":{`), with(object("clusterrolebindings", ""), `"spec":{`, `"roleRef":{"name":"view"},"spec":{`)},
		"persistence_exposed_service_created_with_type_nodeport": {
			with(append(object("services", ""), spec(`"type":"NodePort"`)...)), with(append(object("services", ""), spec(`"type":"ClusterIP"`)...))},
		"persistence_kubernetes_admission_webhook_created_or_modified": {
			with(object("mutatingwebhookconfigurations", `,"name":"injector"`)), with(object("mutatingwebhookconfigurations", `,"name":"eks-injector"`))},
		"persistence_kubernetes_client_certificate_signing_request_created_or_approved": {
			with(object("certificatesigningrequests", "")), with(object("certificatesigningrequests", ""), `"eve"`, `"system:node:n"`)},
		"persistence_kubernetes_eks_aws_auth_configmap_modified": {
			with(object("configmaps", `,"namespace":"kube-system","name":"aws-auth"`), `"verb":"create"`, `"verb":"update"`),
			with(object("configmaps", `,"namespace":"kube-system","name":"aws-auth"`))},
		"persistence_service_account_bound_to_clusterrole": {
			with(append(object("rolebindings", ""), spec(`"serviceAccountName":"sa"`)...)), with(object("rolebindings", ""))},
		"privilege_escalation_api_proxy_to_node": {
			with(object("nodes", `,"subresource":"proxy"`)), with(object("nodes", `,"subresource":"proxy"`), "/api/v1/namespaces/shop/pods", "/api/v1/nodes/n/proxy/metrics")},
		"privilege_escalation_container_created_with_excessive_linux_capabilities": {
			audited(container(`"securityContext":{"capabilities":{"add":["CHOWN","SYS_ADMIN"]}}`)...), audited(container(`"securityContext":{"capabilities":{"add":["CHOWN"]}}`)...)},
		"privilege_escalation_kubernetes_api_request_impersonating_privileged_identity": {
			audited(`"sourceIPs"`, `"impersonatedUser":{"username":"bob","groups":["system:masters"]},"sourceIPs"`), audited(`"sourceIPs"`, `"impersonatedUser":{"username":"bob","groups":["dev"]},"sourceIPs"`)},
		"privilege_escalation_kubernetes_ephemeral_container_added_to_pod": {
			audited(`"name":"web"`, `"name":"web","subresource":"ephemeralcontainers"`, `"verb":"create"`, `"verb":"patch"`), audited(`"name":"web"`, `"name":"web","subresource":"ephemeralcontainers"`)},
		"privilege_escalation_pod_created_with_hostipc":     {audited(spec(`"hostIPC":true`)...), audited(spec(`"hostIPC":false`)...)},
		"privilege_escalation_pod_created_with_hostnetwork": {audited(spec(`"hostNetwork":true`)...), audited(append(spec(`"hostNetwork":true`), `"namespace":"shop"`, `"namespace":"kube-system"`)...)},
		"privilege_escalation_pod_created_with_hostpid":     {audited(spec(`"hostPID":true`)...), audited(append(spec(`"hostPID":true`), "docker.io/library/alpine:3", "quay.io/prometheus/node-exporter:1")...)},
		"privilege_escalation_pod_created_with_sensitive_hostpath_volume": {
			audited(spec(`"volumes":[{"name":"a","emptyDir":{}},{"name":"b","hostPath":{"path":"/etc"}}]`)...), audited(spec(`"volumes":[{"name":"b","hostPath":{"path":"/data"}}]`)...)},
		"privilege_escalation_privileged_pod_created": {
			audited(container(`"securityContext":{"privileged":true}`)...), audited(container(`"securityContext":{"privileged":false}`)...)},
		"privilege_escalation_service_account_rbac_write_operation": {
			with(object("roles", ""), `"eve"`, `"system:serviceaccount:shop:web"`), with(object("roles", ""))},
		"privilege_escalation_suspicious_assignment_of_controller_service_account": {
			audited(append(spec(`"serviceAccountName":"job-controller"`), `"namespace":"shop"`, `"namespace":"kube-system"`)...), audited(spec(`"serviceAccountName":"job-controller"`)...)},
	} {
		t.Run(name, func(t *testing.T) {
			for want, e := range []string{c.miss, c.hit} {
				b := newBench(t, "rules", filepath.Join(dir, name+".toml"))
				b.mustScan(e)
				if got := len(b.alerts()); got != want {
					t.Errorf("%s\n%d alerts, want %d", e, got, want)
				}
			}
		})
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) < 20 {
		t.Fatalf("%d rules, %v", len(entries), err)
	}
	rules, err := ruleset.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range rules.Warnings {
		if strings.Contains(w, "never matches") && !strings.Contains(w, "impersonatedUser.extra.oid") {
			t.Error(w)
		}
	}
}
