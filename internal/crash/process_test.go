package crash

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// process is one that has a connection to the proxy.
type process struct {
	*os.Process        // holds on to this one, whoever gets its number later
	function    string // of Lambda, by its physical name; empty: another program
}

// processOf finds the process at the other end of a connection within this machine: the connection's socket by its addresses,
// the process by its open files.
func processOf(conn net.Conn) (*process, error) {
	socket, err := socketOf(conn.RemoteAddr().String(), conn.LocalAddr().String())
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		if target, err := os.Readlink(name); err != nil || target != socket {
			continue
		}
		dir := filepath.Dir(filepath.Dir(name))
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			return nil, err
		}
		p, err := os.FindProcess(pid)
		if err != nil {
			return nil, err
		}
		if target, err := os.Readlink(name); err != nil || target != socket {
			return nil, errGone
		}
		return &process{p, functionOf(dir)}, nil
	}
	return nil, errGone
}

var errGone = errors.New("nobody has the other end of the connection")

// socketOf is what the open file of a connection is called: socket:[inode].
func socketOf(local, remote string) (string, error) {
	from, err1 := kernelAddr(local)
	to, err2 := kernelAddr(remote)
	if err := errors.Join(err1, err2); err != nil {
		return "", err
	}
	table, err := os.Open("/proc/net/tcp")
	if err != nil {
		return "", err
	}
	defer func() { _ = table.Close() }()
	for lines := bufio.NewScanner(table); lines.Scan(); {
		if f := strings.Fields(lines.Text()); len(f) > 9 && f[1] == from && f[2] == to {
			return "socket:[" + f[9] + "]", nil
		}
	}
	return "", errGone
}

// kernelAddr is an address as /proc/net/tcp has it: four bytes in the machine's order, and the port.
func kernelAddr(text string) (string, error) {
	a, err := netip.ParseAddrPort(text)
	if err != nil || !a.Addr().Unmap().Is4() {
		return "", fmt.Errorf("%q: expected an IPv4 address and a port", text)
	}
	four := a.Addr().Unmap().As4()
	return fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32(four[:]), a.Port()), nil
}

// functionOf is which function a process is, by its environment.
func functionOf(dir string) string {
	env, err := os.ReadFile(filepath.Join(dir, "environ"))
	if err != nil {
		return ""
	}
	for line := range strings.SplitSeq(string(env), "\x00") {
		if name, ok := strings.CutPrefix(line, "AWS_LAMBDA_FUNCTION_NAME="); ok {
			return name
		}
	}
	return ""
}
