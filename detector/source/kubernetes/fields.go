package kubernetes

import "github.com/fluent-detect/fluent-detect/detector/event"

// fields is the ECS view of an audit event: the ingest pipeline of Elastic's integration as
// a table. What it has not is found by [named] all the same, and is not in alerts.
//
// The integration has no event.id, source.address and @timestamp of the event; they are
// here what tells events apart.
var fields = []event.Definition{
	{Name: "@timestamp", Type: event.TypeDate, From: "requestReceivedTimestamp"},
	{Name: "event.action", Type: event.TypeKeyword, From: "verb"},
	{Name: "event.outcome", Type: event.TypeKeyword, FewValues: true, From: "annotations", Derive: outcome},
	{Name: "event.id", Type: event.TypeKeyword, From: "auditID"},
	{Name: "event.dataset", Type: event.TypeConstantKeyword, Constant: dataset},
	{Name: "event.module", Type: event.TypeConstantKeyword, Constant: "kubernetes"},
	{Name: "event.kind", Type: event.TypeKeyword, Constant: "event"},
	{Name: "data_stream.dataset", Type: event.TypeConstantKeyword, Constant: dataset},
	{Name: "data_stream.type", Type: event.TypeConstantKeyword, Constant: "logs"},

	{Name: "user.name", Type: event.TypeKeyword, From: "user.username"},
	{Name: "user.id", Type: event.TypeKeyword, From: "user.uid"},
	{Name: "source.address", Type: event.TypeKeyword, From: "sourceIPs"},
	{Name: "source.ip", Type: event.TypeIP, From: "sourceIPs"},
	{Name: "client.ip", Type: event.TypeIP, From: "sourceIPs"},
	{Name: "user_agent.original", Type: event.TypeKeyword, From: "userAgent"},
	{Name: "container.image.name", Type: event.TypeKeyword, From: "requestObject.spec.containers.image"},

	{Name: root + "apiVersion", Type: event.TypeKeyword, FewValues: true, From: "apiVersion"},
	{Name: root + "kind", Type: event.TypeKeyword, FewValues: true, From: "kind"},
	{Name: root + "level", Type: event.TypeKeyword, FewValues: true, From: "level"},
	{Name: root + "auditID", Type: event.TypeKeyword, From: "auditID"},
	{Name: root + "stage", Type: event.TypeKeyword, FewValues: true, From: "stage"},
	{Name: root + "requestURI", Type: event.TypeKeyword, From: "requestURI"},
	{Name: root + "verb", Type: event.TypeKeyword, From: "verb"},
	{Name: root + "userAgent", Type: event.TypeKeyword, From: "userAgent", RulesOnly: true},
	{Name: root + "sourceIPs", Type: event.TypeKeyword, From: "sourceIPs", RulesOnly: true},
	{Name: root + "requestReceivedTimestamp", Type: event.TypeDate, From: "requestReceivedTimestamp"},
	{Name: root + "stageTimestamp", Type: event.TypeDate, From: "stageTimestamp"},

	{Name: root + "user.username", Type: event.TypeKeyword, From: "user.username"},
	{Name: root + "user.uid", Type: event.TypeKeyword, From: "user.uid"},
	{Name: root + "user.groups", Type: event.TypeKeyword, From: "user.groups"},
	{Name: root + "user.extra", Type: event.TypeFlattened, From: "user.extra"},
	{Name: root + "impersonatedUser.username", Type: event.TypeKeyword, From: "impersonatedUser.username"},
	{Name: root + "impersonatedUser.uid", Type: event.TypeKeyword, From: "impersonatedUser.uid"},
	{Name: root + "impersonatedUser.groups", Type: event.TypeKeyword, From: "impersonatedUser.groups"},
	{Name: root + "impersonatedUser.extra", Type: event.TypeFlattened, From: "impersonatedUser.extra"},

	{Name: root + "objectRef.resource", Type: event.TypeKeyword, FewValues: true, From: "objectRef.resource"},
	{Name: root + "objectRef.subresource", Type: event.TypeKeyword, From: "objectRef.subresource"},
	{Name: root + "objectRef.namespace", Type: event.TypeKeyword, From: "objectRef.namespace"},
	{Name: root + "objectRef.name", Type: event.TypeKeyword, From: "objectRef.name"},
	{Name: root + "objectRef.uid", Type: event.TypeKeyword, From: "objectRef.uid"},
	{Name: root + "objectRef.apiGroup", Type: event.TypeKeyword, From: "objectRef.apiGroup"},
	{Name: root + "objectRef.apiVersion", Type: event.TypeKeyword, From: "objectRef.apiVersion"},
	{Name: root + "objectRef.resourceVersion", Type: event.TypeKeyword, From: "objectRef.resourceVersion"},

	{Name: root + "responseStatus.code", Type: event.TypeLong, FewValues: true, From: "responseStatus.code"},
	{Name: root + "responseStatus.status", Type: event.TypeKeyword, From: "responseStatus.status"},
	{Name: root + "responseStatus.reason", Type: event.TypeKeyword, From: "responseStatus.reason"},
	{Name: root + "responseStatus.message", Type: event.TypeKeyword, From: "responseStatus.message"},

	{Name: root + "annotations.authorization_k8s_io/decision", Type: event.TypeKeyword, FewValues: true, From: "annotations", Derive: decision, Inside: true, Verbatim: true},
	{Name: root + "annotations.authorization_k8s_io/reason", Type: event.TypeKeyword, From: "annotations", Derive: annotation("authorization_k8s_io/reason"), Inside: true, Verbatim: true},

	{Name: root + "requestObject.roleRef.name", Type: event.TypeKeyword, From: "requestObject.roleRef.name"},
	{Name: root + "requestObject.spec.type", Type: event.TypeKeyword, From: "requestObject.spec.type"},
	{Name: root + "requestObject.spec.serviceAccountName", Type: event.TypeKeyword, From: "requestObject.spec.serviceAccountName"},
	{Name: root + "requestObject.spec.hostIPC", Type: event.TypeBoolean, FewValues: true, From: "requestObject.spec.hostIPC"},
	{Name: root + "requestObject.spec.hostNetwork", Type: event.TypeBoolean, FewValues: true, From: "requestObject.spec.hostNetwork"},
	{Name: root + "requestObject.spec.hostPID", Type: event.TypeBoolean, FewValues: true, From: "requestObject.spec.hostPID"},
	{Name: root + "requestObject.spec.volumes.hostPath.path", Type: event.TypeKeyword, From: "requestObject.spec.volumes.hostPath.path"},
	{Name: root + "requestObject.spec.containers.image", Type: event.TypeKeyword, From: "requestObject.spec.containers.image"},
	{Name: root + "requestObject.spec.containers.securityContext.privileged", Type: event.TypeBoolean, FewValues: true, From: "requestObject.spec.containers.securityContext.privileged"},
	{Name: root + "requestObject.spec.containers.securityContext.capabilities.add", Type: event.TypeKeyword, From: "requestObject.spec.containers.securityContext.capabilities.add"},
}
