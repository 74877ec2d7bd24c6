// Package manifests holds the files in deploy/ against the types of those who read them:
// an unknown or misspelt member is an error, as it is for a strict API server.
package manifests

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// decoder decodes strictly what is of these kinds, and nothing else.
func decoder(t *testing.T) runtime.Decoder {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		appsv1.AddToScheme, corev1.AddToScheme, policyv1.AddToScheme, networkingv1.AddToScheme, autoscalingv2.AddToScheme, monitoringv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	return serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
}

// decode decodes all documents of a text.
func decode(t *testing.T, text []byte) (objects []runtime.Object) {
	t.Helper()
	documents := utilyaml.NewDocumentDecoder(readCloser{bytes.NewReader(text)})
	defer documents.Close()
	buffer := make([]byte, 1<<20)
	for {
		n, err := documents.Read(buffer)
		if n == 0 || err != nil {
			return objects
		}
		object, _, err := decoder(t).Decode(buffer[:n], nil, nil)
		if err != nil {
			t.Errorf("%v\n%s", err, buffer[:n])
			continue
		}
		objects = append(objects, object)
	}
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

// build is what kustomize makes of a folder.
func build(t *testing.T, folder string) []runtime.Object {
	t.Helper()
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		t.Fatal(err)
	}
	text, err := built.AsYaml()
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, text)
}

// find returns the objects of a type.
func find[T runtime.Object](objects []runtime.Object) (found []T) {
	for _, object := range objects {
		if o, ok := object.(T); ok {
			found = append(found, o)
		}
	}
	return found
}

// TestSidecar decodes the Deployment with a gateway beside a service.
func TestSidecar(t *testing.T) {
	text, err := os.ReadFile("../kubernetes-sidecar.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(find[*appsv1.Deployment](decode(t, text))) != 1 {
		t.Error("there is not one Deployment")
	}
}

// TestShared decodes what kustomize makes of the base and of the example, and looks at
// how its parts fit together.
func TestShared(t *testing.T) {
	for folder, kinds := range map[string]int{"../kubernetes/base": 6, "../kubernetes/example": 8} {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			objects := build(t, folder)
			if len(objects) != kinds {
				t.Errorf("%d objects, want %d", len(objects), kinds)
			}
			deployments := find[*appsv1.Deployment](objects)
			if len(deployments) != 1 {
				t.Fatal("there is not one Deployment")
			}
			deployment := deployments[0]
			checkSelectors(t, objects, deployment)
			checkPorts(t, objects, deployment)
			for _, scaler := range find[*autoscalingv2.HorizontalPodAutoscaler](objects) {
				if scaler.Spec.ScaleTargetRef.Name != deployment.Name {
					t.Errorf("%s is scaled", scaler.Spec.ScaleTargetRef.Name)
				}
				if deployment.Spec.Replicas != nil {
					t.Error("both the Deployment and the autoscaler say how many pods there are")
				}
			}
		})
	}
}

// checkSelectors: whatever selects pods selects those of the gateway.
func checkSelectors(t *testing.T, objects []runtime.Object, deployment *appsv1.Deployment) {
	t.Helper()
	selectors := map[string]map[string]string{"Deployment": deployment.Spec.Selector.MatchLabels}
	for _, s := range find[*corev1.Service](objects) {
		selectors[s.Name] = s.Spec.Selector
	}
	for _, p := range find[*policyv1.PodDisruptionBudget](objects) {
		selectors["PodDisruptionBudget"] = p.Spec.Selector.MatchLabels
	}
	for _, p := range find[*networkingv1.NetworkPolicy](objects) {
		selectors["NetworkPolicy"] = p.Spec.PodSelector.MatchLabels
	}
	for _, p := range find[*monitoringv1.PodMonitor](objects) {
		selectors["PodMonitor"] = p.Spec.Selector.MatchLabels
	}
	for _, c := range deployment.Spec.Template.Spec.TopologySpreadConstraints {
		selectors[c.TopologyKey] = c.LabelSelector.MatchLabels
	}
	for of, labels := range selectors {
		if len(labels) == 0 {
			t.Errorf("%s selects everything", of)
		}
		for name, value := range labels {
			if deployment.Spec.Template.Labels[name] != value {
				t.Errorf("%s selects %s=%s, which the pods are not", of, name, value)
			}
		}
	}
}

// checkPorts: whatever names a port names one of the container's.
func checkPorts(t *testing.T, objects []runtime.Object, deployment *appsv1.Deployment) {
	t.Helper()
	container := deployment.Spec.Template.Spec.Containers[0]
	there := make(map[string]bool)
	for _, p := range container.Ports {
		there[p.Name] = true
	}
	named := []string{container.ReadinessProbe.HTTPGet.Port.StrVal, container.StartupProbe.HTTPGet.Port.StrVal}
	for _, s := range find[*corev1.Service](objects) {
		for _, p := range s.Spec.Ports {
			named = append(named, p.TargetPort.StrVal)
		}
	}
	for _, p := range find[*networkingv1.NetworkPolicy](objects) {
		for _, rule := range p.Spec.Ingress {
			for _, port := range rule.Ports {
				named = append(named, port.Port.StrVal)
			}
		}
	}
	for _, m := range find[*monitoringv1.PodMonitor](objects) {
		for _, e := range m.Spec.PodMetricsEndpoints {
			named = append(named, *e.Port)
		}
	}
	for _, name := range named {
		if !there[name] {
			t.Errorf("the container has no port %q", name)
		}
	}
}

// TestCompose loads the file as Compose does, and finds every file that it mounts.
func TestCompose(t *testing.T) {
	path, err := filepath.Abs("../compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	project, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir: filepath.Dir(path), ConfigFiles: []types.ConfigFile{{Filename: path}}, Environment: map[string]string{},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(project.Services) != 4 {
		t.Errorf("there are %d services", len(project.Services))
	}
	for name, service := range project.Services {
		for _, volume := range service.Volumes {
			if _, err := os.Stat(volume.Source); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, port := range service.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s: port %s is open to all", name, port.Published)
			}
		}
	}
}

// TestStrict: a misspelt member is not passed over.
func TestStrict(t *testing.T) {
	_, _, err := decoder(t).Decode([]byte("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {port: [{port: 1}]}\n"), nil, nil)
	if err == nil {
		t.Error("spec.port is taken for spec.ports")
	}
}
