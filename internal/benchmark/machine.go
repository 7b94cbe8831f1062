package benchmark

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// Machine is where and when it was measured.
type Machine struct {
	Processor string        `json:"processor"`
	Cores     int           `json:"cores"`
	System    string        `json:"system"`
	Go        string        `json:"go"`
	Commit    string        `json:"commit"`
	Date      time.Time     `json:"date"`
	Load      string        `json:"load"` // load averages at the beginning and at the end; empty where the system tells none
	Loaded    string        `json:"loaded"`
	Took      time.Duration `json:"took_ns"`
}

func thisMachine(ctx context.Context, root string) Machine {
	m := Machine{
		Processor: processor(), Cores: runtime.GOMAXPROCS(0), System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(),
		Commit: "unknown", Date: time.Now().UTC(), Load: loadAverage(),
	}
	cmd := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty", "--abbrev=12")
	cmd.Dir = root
	if out, err := cmd.Output(); err == nil {
		m.Commit = strings.TrimSpace(string(out))
	}
	return m
}

func (m *Machine) ended() { m.Loaded, m.Took = loadAverage(), time.Since(m.Date).Round(time.Second) }

// processor is the name of the processor, where the system tells it (proc_cpuinfo(5)).
func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// loadAverage is how many processes wanted a processor in the last minute, five and fifteen (proc_loadavg(5)).
func loadAverage() string {
	text, _ := os.ReadFile("/proc/loadavg")
	fields := strings.Fields(string(text))
	if len(fields) < 3 {
		return ""
	}
	return strings.Join(fields[:3], " ")
}
