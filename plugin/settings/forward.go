package settings

// Forward says where and how alerts are sent by the Forward protocol. Equal
// values mean the same.
type Forward struct {
	Network      string // "unix" or "tcp"
	Address      string // a path, or host:port
	Tag          string // with the placeholders {rule} and {severity}
	SharedKey    Secret
	Username     string // empty: without
	Password     Secret
	SelfHostname string // empty: the host's name
	TLS          bool
	TLSVerify    bool
	TLSCAFile    string // path, or empty: the system's certificates
}

// URL returns the address as in forward_to.
func (f *Forward) URL() string { return f.Network + "://" + f.Address }
