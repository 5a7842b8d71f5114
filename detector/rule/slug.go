package rule

// Slug returns the rule's name for tags and for alert_rule: in lower case, with a
// dash for each run of characters other than ASCII letters and digits. If the
// name has no letters and digits, the slug is that of the ID.
//
//	AWS EC2 Instance Connect SSH Public Key Uploaded
//	aws-ec2-instance-connect-ssh-public-key-uploaded
func (r *Rule) Slug() string {
	if s := slug(r.Name); s != "" {
		return s
	}
	return slug(r.ID)
}

func slug(name string) string {
	out := make([]byte, 0, len(name))
	dash := false
	for i := range len(name) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c < '0' || '9' < c && c < 'a' || 'z' < c {
			dash = true
			continue
		}
		if dash && len(out) > 0 {
			out = append(out, '-')
		}
		dash = false
		out = append(out, c)
	}
	return string(out)
}
