package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	fake "github.com/fluent-detect/fluent-detect/test/aws"
	"github.com/fluent-detect/fluent-detect/test/freeport"
)

// object has the parts of a Kubernetes object that the tests check.
type object struct {
	Kind     string
	Metadata struct {
		Name        string
		Annotations map[string]string
	}
	Data map[string]string
	Spec struct{ Template struct{ Spec pod } }
}

type pod struct {
	ServiceAccountName string `yaml:"serviceAccountName"`
	Containers         []struct {
		Args  []string
		Ports []struct {
			ContainerPort int `yaml:"containerPort"`
		}
		VolumeMounts []struct {
			MountPath string `yaml:"mountPath"`
		} `yaml:"volumeMounts"`
	}
	Volumes []struct {
		ConfigMap             struct{ Name string } `yaml:"configMap"`
		PersistentVolumeClaim struct {
			ClaimName string `yaml:"claimName"`
		} `yaml:"persistentVolumeClaim"`
	}
}

func objects(t *testing.T, text []byte) []object {
	t.Helper()
	var all []object
	for d := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var o object
		err := d.Decode(&o)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
	}
}

// ofKind returns the first object of a kind.
func ofKind(t *testing.T, all []object, kind string) object {
	t.Helper()
	i := slices.IndexFunc(all, func(o object) bool { return o.Kind == kind })
	if i < 0 {
		t.Fatalf("no %s", kind)
	}
	return all[i]
}

func manifest(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "conf/kubernetes", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// The configuration in the ConfigMap runs, loads the libraries and answers the probes of
// the chart.
func TestConfigMap(t *testing.T) {
	t.Parallel()
	text := ofKind(t, objects(t, manifest(t, "fluent-detect.yaml")), "ConfigMap").Data["fluent-bit.yaml"]
	f := prepare(t, "")
	probes := fmt.Sprint(freeport.Find(t))
	events := fmt.Sprint(freeport.Find(t))
	for _, e := range []edit{
		{"/usr/lib/fluent-detect/out_detect.so", library(t, "out_detect.so")},
		{"/usr/lib/fluent-detect/in_detect.so", library(t, "in_detect.so")},
		{"/usr/lib/fluent-detect/in_cloudtrail.so", library(t, "in_cloudtrail.so")},
		{"/var/lib/fluent-bit", f.dir + "/state"}, {"0.0.0.0:2112", "127.0.0.1:0"}, {"0.0.0.0", "127.0.0.1"}, {": 2020", ": " + probes}, {": 9880", ": " + events},
	} {
		if !strings.Contains(text, e.from) {
			t.Fatalf("the configuration has no %s", e.from)
		}
		text = strings.ReplaceAll(text, e.from, e.to)
	}
	f.write("fluent-bit.yaml", text)
	f.cmd.Args = []string{f.cmd.Args[0], "-c", filepath.Join(f.dir, "fluent-bit.yaml")}
	f.run()
	s := &shipped{f, ".yaml"}
	s.postTo(events, eventBridge(strings.TrimSpace(pushes(0, 1))))
	f.wait("the alert on stdout", 20*time.Second, func() bool { return countAlerts(f.read("log")) == 1 })
	for _, path := range []string{"/", "/api/v2/health"} {
		answer, err := http.Get("http://127.0.0.1:" + probes + path)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Errorf("the probe of %s returns %s", path, answer.Status)
		}
	}
	f.stop()
}

// The Deployment that reads from S3 fits together, and its configuration reads what a queue
// announces.
func TestDeploymentForS3(t *testing.T) {
	t.Parallel()
	all := objects(t, manifest(t, "s3.yaml"))
	pod := ofKind(t, all, "Deployment").Spec.Template.Spec
	account, configMap := ofKind(t, all, "ServiceAccount"), ofKind(t, all, "ConfigMap")
	if pod.ServiceAccountName != account.Metadata.Name || !strings.HasPrefix(account.Metadata.Annotations["eks.amazonaws.com/role-arn"], "arn:aws:iam::") {
		t.Errorf("the pod has the ServiceAccount %q, and there is %+v", pod.ServiceAccountName, account.Metadata)
	}
	checkPod(t, pod, all)
	if pod.Containers[0].VolumeMounts[0].MountPath != filepath.Dir(pod.Containers[0].Args[1]) {
		t.Error("the configuration is mounted elsewhere")
	}
	c := fakeCloud{fake.New(t)}
	f := prepare(t, "")
	text := configMap.Data["fluent-bit.yaml"]
	for _, e := range []edit{
		{"/usr/lib/fluent-detect/out_detect.so", library(t, "out_detect.so")},
		{"/usr/lib/fluent-detect/in_detect.so", library(t, "in_detect.so")},
		{"/usr/lib/fluent-detect/in_cloudtrail.so", library(t, "in_cloudtrail.so")},
		{"/var/lib/fluent-bit", f.dir + "/state"}, {"0.0.0.0:2112", "127.0.0.1:0"}, {"0.0.0.0", "127.0.0.1"}, {": 2020", ": " + fmt.Sprint(freeport.Find(t))},
		{"https://sqs.eu-west-1.amazonaws.com/111122223333/cloudtrail", c.queue() + "\n      region: eu-west-1\n      endpoint: " + c.url() + "\n      sqs_endpoint: " + c.url()},
	} {
		if !strings.Contains(text, e.from) {
			t.Fatalf("the configuration has no %s", e.from)
		}
		text = strings.ReplaceAll(text, e.from, e.to)
	}
	f.write("fluent-bit.yaml", text)
	f.cmd.Args = []string{f.cmd.Args[0], "-c", filepath.Join(f.dir, "fluent-bit.yaml")}
	f.cmd.Env = append(os.Environ(), awsEnvironment...)
	announce(c, 0, pushes(0, 2))
	f.run()
	f.wait("the alerts on stdout", 20*time.Second, func() bool { return countAlerts(f.read("log")) == 2 })
	f.stop()
}

// Kubernetes' own schemas accept the manifests.
func TestManifests(t *testing.T) {
	t.Parallel()
	validate, err := exec.LookPath("kubernetes-validate")
	if err != nil {
		t.Skip("not tested: conf/kubernetes by the schemas of Kubernetes: no kubernetes-validate on PATH (pip install kubernetes-validate)")
	}
	for _, name := range []string{"fluent-detect.yaml", "s3.yaml"} {
		if out, err := exec.Command(validate, "--strict", filepath.Join(root, "conf/kubernetes", name)).CombinedOutput(); err != nil {
			t.Errorf("%v:\n%s", err, out)
		}
	}
}

// checkPod checks that a pod and the objects that belong to it fit together.
func checkPod(t *testing.T, pod pod, own []object) {
	t.Helper()
	configMap := ofKind(t, own, "ConfigMap")
	container := pod.Containers[0]
	if name := pod.Volumes[0].ConfigMap.Name; name != configMap.Metadata.Name {
		t.Errorf("the pod wants the ConfigMap %q", name)
	}
	if name := pod.Volumes[1].PersistentVolumeClaim.ClaimName; name != ofKind(t, own, "PersistentVolumeClaim").Metadata.Name {
		t.Errorf("the pod wants the volume %q", name)
	}
	file := filepath.Base(container.Args[len(container.Args)-1])
	config, ok := configMap.Data[file]
	if !ok {
		t.Fatalf("the ConfigMap has no %s", file)
	}
	for _, p := range container.Ports {
		if !strings.Contains(config, fmt.Sprint(p.ContainerPort)) {
			t.Errorf("the configuration has no port %d", p.ContainerPort)
		}
	}
	if mount := container.VolumeMounts[len(container.VolumeMounts)-1].MountPath; !strings.Contains(config, "state_path: "+mount) {
		t.Errorf("the state is not below %s", mount)
	}
}

// The official chart, in the directory FLUENT_BIT_CHART, renders the values to a pod with
// the configuration, the state and the ports.
func TestHelmValues(t *testing.T) {
	chart := os.Getenv("FLUENT_BIT_CHART")
	helm, err := exec.LookPath("helm")
	if err != nil || chart == "" {
		t.Skip("not tested: conf/kubernetes/values.yaml: no helm on PATH, or no chart of Fluent Bit in FLUENT_BIT_CHART")
	}
	values, err := filepath.Abs(filepath.Join(root, "conf/kubernetes/values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	rendered, err := exec.Command(helm, "template", "cloudtrail", chart, "-f", values).Output()
	if err != nil {
		t.Fatal(err)
	}
	checkPod(t, ofKind(t, objects(t, rendered), "Deployment").Spec.Template.Spec, objects(t, manifest(t, "fluent-detect.yaml")))
}
