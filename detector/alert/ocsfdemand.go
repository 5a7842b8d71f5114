package alert

// ocsfSpare begins the names of the slots for fields that are unmapped in the alerts in
// which their place would not be valid.
const ocsfSpare = ocsfOnly + "unmapped."

// demand is a demand of the schema on an object: it has one of some attributes.
type demand struct {
	one    []slot // of which one must have a value
	fields []slot // whose places are in the object otherwise
	spare  []slot // for each of these, where it is unmapped
}

// ocsfDemands are the demands that an event may not fulfil, an object before those in it.
var ocsfDemands = []demand{
	newDemand([]string{"event.action"}, // the operation
		"event.provider", "aws.cloudtrail.api_version", "aws.cloudtrail.request_id", requestParameters,
		"aws.cloudtrail.flattened.response_elements", "aws.cloudtrail.error_code", "aws.cloudtrail.error_message"),
	newDemand([]string{"aws.cloudtrail.request_id"}, requestParameters),
	newDemand([]string{"ocsf.actor", "user.id"}, userIdentity+"type", userIdentity+"arn"),
	newDemand([]string{"tls.version"}, "tls.cipher", "tls.client.server_name"),
	newDemand([]string{"source.ip", "source.address"}, // the endpoint
		sourceGeo+"city_name", sourceGeo+"country_iso_code", sourceGeo+"region_iso_code", sourceGeo+"continent_name",
		sourceGeo+"location", "source.as.number", "source.as.organization.name"),
	newDemand([]string{sourceGeo + "city_name", sourceGeo + "country_iso_code", sourceGeo + "region_iso_code"},
		sourceGeo+"continent_name", sourceGeo+"location"),
	newDemand([]string{
		"event.action", "ocsf.actor", "user.id", userIdentity + "invoked_by", userIdentity + "access_key_id",
		"source.ip", "source.address", "user.target.name", "user.target.id",
	}, "user_agent.original", "tls.version", "tls.cipher", "tls.client.server_name"),
}

func newDemand(one []string, fields ...string) demand {
	d := demand{}
	for _, name := range one {
		d.one = append(d.one, slotOf(name))
	}
	for _, name := range fields {
		d.fields = append(d.fields, slotOf(name))
		d.spare = append(d.spare, slotOf(ocsfSpare+name))
	}
	return d
}

// meetDemands moves the fields whose places in a finding would make it invalid.
func (d *document) meetDemands() {
	if d.count(slotOCSFActor)+d.count(slotUserID) == 0 {
		d.set(slotUserID, d.first(slotUserARN)) // OCSF takes the ARN for a unique id
	}
	for i := range ocsfDemands {
		x := &ocsfDemands[i]
		met := false
		for _, s := range x.one {
			met = met || d.values[s].kind != absent
		}
		if met {
			continue
		}
		for i, s := range x.fields {
			if v := d.values[s]; v.kind != absent {
				d.values[s] = value{}
				d.put(x.spare[i], v)
			}
		}
	}
}

// addOCSFProfiles adds the profiles of a finding, and the provider of the cloud, without
// which there may be no cloud.
func (m *Maker) addOCSFProfiles(provider []byte) {
	d := &m.doc
	cloud, security := view("cloud"), view("security_control")
	switch {
	case len(provider) > 0:
	case d.count(slotCloudProvider) > 0:
		provider = d.first(slotCloudProvider)
	case d.count(slotCloudAccount)+d.count(slotCloudRegion) > 0:
		provider = view("Unknown")
	default:
		d.setTexts(slotOCSFProfiles, m.list(security))
		return
	}
	d.set(slotOCSFCloud, provider)
	d.setTexts(slotOCSFProfiles, m.list(cloud, security))
}
