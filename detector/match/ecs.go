package match

import (
	"maps"
	"slices"
	"strings"

	"github.com/fluent-detect/fluent-detect/detector/event"
)

// ECS is the mapping of events. A field that is not in the schema has the type that
// the Elastic Common Schema gives it; others are dynamic. Only documents that came in
// ECS form can have these.
type ECS struct{ *event.Schema }

// Field returns the field of that full name.
func (m ECS) Field(name string) *event.Field {
	f := m.Schema.Field(name)
	if t, ok := ecsTypes[name]; ok && f.Type == event.TypeDynamic {
		return f.WithType(t)
	}
	return f
}

// Closed returns false, as documents in ECS form may have any field.
func (ECS) Closed() bool { return false }

// ecsTypes has the types of the fields of the Elastic Common Schema that are
// neither keywords nor derived from events of other forms: documents in ECS form may
// have them. Source: the field reference of ECS 8.
var ecsTypes = func() map[string]event.Type {
	types := map[string]event.Type{}
	for t, lines := range map[event.Type]string{
		event.TypeIP: `
			client.nat.ip destination.ip destination.nat.ip dns.resolved_ip host.ip observer.ip
			server.ip server.nat.ip source.nat.ip threat.indicator.ip`,
		event.TypeLong: `
			client.as.number client.bytes client.nat.port client.packets client.port
			destination.as.number destination.bytes destination.nat.port destination.packets destination.port
			server.as.number server.bytes server.nat.port server.packets server.port
			source.bytes source.nat.port source.packets source.port
			dns.answers.ttl event.duration event.sequence event.severity file.size host.uptime
			http.request.body.bytes http.request.bytes http.response.body.bytes http.response.bytes http.response.status_code
			log.origin.file.line log.syslog.facility.code log.syslog.priority log.syslog.severity.code
			network.bytes network.packets package.size
			process.args_count process.exit_code process.pgid process.pid process.thread.id process.uptime
			process.parent.args_count process.parent.exit_code process.parent.pgid process.parent.pid process.parent.thread.id process.parent.uptime
			process.entry_leader.pid process.group_leader.pid process.session_leader.pid
			threat.indicator.port threat.indicator.scanner_stats threat.indicator.sightings url.port`,
		event.TypeDouble: `
			event.risk_score event.risk_score_norm host.cpu.usage
			vulnerability.score.base vulnerability.score.environmental vulnerability.score.temporal`,
		event.TypeBoolean: `
			dll.code_signature.exists dll.code_signature.trusted dll.code_signature.valid faas.coldstart
			file.code_signature.exists file.code_signature.trusted file.code_signature.valid
			process.code_signature.exists process.code_signature.trusted process.code_signature.valid process.interactive
			process.parent.code_signature.exists process.parent.code_signature.trusted process.parent.code_signature.valid process.parent.interactive
			tls.established tls.resumed`,
		event.TypeDate: `
			event.created event.end event.ingested event.start file.accessed file.created file.ctime file.mtime package.installed
			process.end process.start process.parent.end process.parent.start
			threat.indicator.first_seen threat.indicator.last_seen threat.indicator.modified_at
			tls.client.not_after tls.client.not_before tls.server.not_after tls.server.not_before`,
		event.TypeText: `
			error.message message`,
		event.TypeWildcard: `
			error.stack_trace http.request.body.content http.response.body.content
			process.command_line process.parent.command_line registry.data.strings url.full url.original url.path`,
		event.TypeNested: `
			email.attachments threat.enrichments`,
	} {
		for _, name := range strings.Fields(lines) {
			types[name] = t
		}
	}
	return types
}()

// ecsNames has the names of these fields, sorted.
var ecsNames = slices.Sorted(maps.Keys(ecsTypes))
