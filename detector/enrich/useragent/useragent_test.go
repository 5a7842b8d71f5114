package useragent

import (
	"strings"
	"testing"
)

// The names and versions are those of Elastic's processor, but for versions of Linux
// and of devices that it takes from other parts of the text.
func TestParse(t *testing.T) {
	const webKit = "AppleWebKit/537.36 (KHTML, like Gecko) "
	for text, want := range map[string]string{
		"aws-cli/2.17.60 md/awscrt#0.21.2 ua/2.0 os/macos#23.6.0 md/arch#arm64 lang/python#3.11.9": "aws-cli 2.17.60|  |Other",
		"aws-cli/1.16.248 Python/3.4.7 Linux/4.9.184-0.1 botocore/1.12.239":                        "aws-cli 1.16.248|Linux 4.9.184|Spider",
		"[aws-cli/2.32.10 md/awscrt#0.29.1 os/linux#6.6.87.2-microsoft-standard-WSL2]":             "aws-cli 2.32.10|Linux |Other",
		"aws-cli/2.9.19 Python/3.9.11 Windows/10 exe/AMD64 prompt/off command/s3.ls":               "aws-cli 2.9.19|Windows |Other",
		"[Boto3/1.26.165 Python/3.10.6 Linux/5.19.0-46-generic Botocore/1.29.165]":                 "Boto3 1.26.165|Linux 5.19.0|Spider",
		"aws-sdk-go/1.41.4 (go1.18.3; linux; amd64) amazon-ssm-agent/":                             "aws-sdk-go 1.41.4|Linux |Other",
		"aws-sdk-go/1.44.261 (go1.19.8; darwin; arm64)":                                            "aws-sdk-go 1.44.261|Mac OS X |Other",
		"aws-sdk-go-v2/1.32.3 os/linux lang/go#1.23.1":                                             "aws-sdk-go-v2 1.32.3|Linux |Other",
		"APN/1.0 HashiCorp/1.0 Terraform/1.1.2 aws-sdk-go/1.44.157 (go1.19.3; linux; amd64)":       "aws-sdk-go 1.44.157|Linux |Other",
		"[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.488 Linux/5.10.184-174.730.amzn2int ]":   "aws-sdk-java 1.12.488|Linux 5.10.184|Other",
		"aws-sdk-dotnet-coreclr/3.7.3.9 aws-sdk-dotnet-core/3.7.3.9 .NET_Core/6.0.1 OS/Linux":      "aws-sdk-dotnet-core 3.7.3|Linux |Other",
		"python-requests/2.28 aws-cli/2.1.0":                                                       "aws-cli 2.1.0||Other",
		"aws-sdk-java/1.11.1 aws-cli/2.1.0":                                                        "aws-sdk-java 1.11.1||Other",
		"my-aws-cli/2.1.0 xaws-cli/2.1.0":                                                          "aws-cli 2.1.0||Other",
		"aws-cli":                                                                                  "Other ||Other",
		"aws-cli/x":                                                                                "Other ||Other",
		"AWS Internal":                                                                             "Other ||Other",
		"secretsmanager.amazonaws.com":                                                             "Other ||Other",
		"stratus-red-team_84a22508-bcc6-424d-9973-3f841ebf8875":                                    "Other ||Other",

		"Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:102.0) Gecko/20100101 Firefox/102.0":                                 "Firefox 102.0|Ubuntu |Other",
		"Mozilla/5.0 (X11; Linux x86_64; rv:15.0) Gecko/20100101 Firefox/15.0.1":                                         "Firefox 15.0.1|Linux |Other",
		"Mozilla/5.0 (Android 13; Mobile; rv:109.0) Gecko/114.0 Firefox/114.0":                                           "Firefox Mobile 114.0|Android 13|",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) " + webKit + "Chrome/129.0.0.0 Safari/537.36":                   "Chrome 129.0.0.0|Mac OS X 10.15.7|Mac",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:131.0) Gecko/20100101 Firefox/131.0":                           "Firefox 131.0|Mac OS X 10.15|Mac",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) " + webKit + "Chrome/129.0.0.0 Safari/537.36 Edg/129.0.1":             "Edge 129.0.1|Windows 10|Other",
		"Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko":                                           "IE 11.0|Windows 7|Other",
		"Mozilla/5.0 (X11; Linux x86_64) " + webKit + "Chrome/100.0.4896.127 Safari/537.36 Brave/100":                    "Brave 100|Linux |Other",
		"Mozilla/5.0 (X11; Linux x86_64) " + webKit + "Chrome/108.0.0.0 Safari/537.36 OPR/94.0.0.0":                      "Opera 94.0.0.0|Linux |Other",
		"Opera/9.80 (Windows NT 6.1; WOW64) Presto/2.12.388 Version/12.18":                                               "Opera 12.18|Windows 7|Other",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) " + webKit + "Version/17.4.1 Safari/605.1.15":                   "Safari 17.4.1|Mac OS X 10.15.7|Mac",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) " + webKit + "Version/17.5 Mobile/15E148 Safari/604.1": "Mobile Safari 17.5|iOS 17.5.1|iPhone",
		"Mozilla/5.0 (Linux; Android 13; Pixel 7) " + webKit + "Chrome/129.0.0.0 Mobile Safari/537.36":                   "Chrome Mobile 129.0.0.0|Android 13|",
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) " + webKit + "Chrome/129.0.0.0 Safari/537.36":                          "Chrome 129.0.0.0|Chrome OS 14541.0.0|Other",

		"curl/8.1":                                           "curl 8.1||Other",
		"Go-http-client/1.1":                                 "Go-http-client 1.1||Other",
		"python-requests/2.28.1":                             "Python Requests 2.28||Other",
		"S3 Browser 9.5.5 https://s3browser.com":             "S3 Browser 9.5.5||Other",
		"Cyberduck/8.4.2.38481 (Mac OS X/12.5) (x86_64)":     "Cyberduck 8.4.2|Mac OS X 12.5|Mac",
		strings.Repeat("x", MaxText) + " aws-cli/2.1.0":      "Other ||Other",
		"aws-cli/2.1.0 " + strings.Repeat("Linux/", 100_000): "aws-cli 2.1.0|Linux |Other",
		"": "Other ||Other",
	} {
		var a Agent
		a.Parse([]byte(text))
		got := a.Name + " " + string(a.Version) + "|" + strings.TrimSpace(a.OS+" "+string(a.OSVersion())) + "|" + a.Device
		parts := strings.Split(want, "|")
		if want := parts[0] + "|" + strings.TrimSpace(parts[1]) + "|" + parts[2]; got != want {
			t.Errorf("%.100s\nis %s, want %s", text, got, want)
		}
	}
}

func TestParseAllocatesNothing(t *testing.T) {
	text := []byte("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1")
	var a Agent
	if n := testing.AllocsPerRun(100, func() { a.Parse(text) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// The most that a text can cost.
func BenchmarkParse(b *testing.B) {
	for name, text := range map[string]string{
		"aws-cli": "aws-cli/2.17.60 md/awscrt#0.21.2 ua/2.0 os/macos#23.6.0 md/arch#arm64 lang/python#3.11.9",
		"hostile": strings.Repeat("aws-sdk-go-v2/x Chrome/x Edg/x ", 20),
	} {
		b.Run(name, func(b *testing.B) {
			var a Agent
			for b.Loop() {
				a.Parse([]byte(text))
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("aws-cli/2.17.60 Linux/5.10.184"))
	f.Add([]byte("CPU iPhone OS 17_5_1_2_3_4_5_6_7_8_9_0_1_2_3_4_5_6"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var a Agent
		a.Parse(text)
		if a.Name == "" || len(a.Version) > MaxText {
			t.Errorf("%+v", a)
		}
	})
}
