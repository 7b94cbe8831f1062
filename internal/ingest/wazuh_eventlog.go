package ingest

import (
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// windowsEvent gives an event of Windows, or of Sysmon on Linux, which Wazuh's own decoder leaves without win, and one for all JSON
// as it is.
func windowsEvent(data object) object {
	if event := data.at("Event", "EventData", "Data"); event != nil {
		return object{"eventdata": map[string]any(event), "system": map[string]any(data.at("Event", "System"))}
	}
	if win := data.at("win"); win != nil {
		return win
	}
	return object{"eventdata": data["eventdata"], "system": data["system"]}
}

// windows reads an event of Windows, of Sysmon or Defender (Wazuh ruleset/rules/0580-win-security_rules.xml, 0595-win-sysmon_rules.xml;
// Microsoft, "Appendix L: Events to Monitor"; Sysinternals, "Sysmon", Events).
func (e *entities) windows(win object) {
	event := win.at("eventdata")
	value := func(name string) string {
		if s := strings.TrimSpace(event.text(name)); s != "-" {
			return s
		}
		return ""
	}
	image := or(value("image"), or(value("newProcessName"), or(value("processName"), value("process Name"))))
	e.own(responder.TypeProcess, image, "process", responder.ContextSubject)
	for _, name := range []string{"parentImage", "parentProcessName"} {
		e.own(responder.TypeProcess, value(name), "parent process", "")
	}
	e.own(responder.TypeProcess, value("sourceImage"), "process", responder.ContextSubject)
	e.own(responder.TypeProcess, value("targetImage"), "process acted upon", responder.ContextObject)
	for _, name := range []string{"targetFilename", "targetFileName", "imageLoaded", "imagePath", "serviceFileName", "path"} {
		e.windowsFile(value(name))
	}
	e.windowsHashes(event.text("hashes"), or(value("targetFilename"), or(value("imageLoaded"), image)))
	for _, name := range []string{"subjectUserName", "user", "sourceUser", "detection User"} {
		e.user(account(value(name)), "user")
	}
	if event.has("memberSid") { // the target is a group
		e.own(responder.TypeUsername, commonName(value("memberName")), "user acted upon", responder.ContextObject)
	} else {
		e.own(responder.TypeUsername, account(or(value("targetUserName"), value("targetUser"))), "user acted upon", responder.ContextObject)
	}
	e.add(responder.TypeHostname, value("workstationName"), "workstation", responder.ContextClient)
	e.add(responder.TypeDomain, value("queryName"), "domain looked up", responder.ContextRemote, responder.ContextObject)
	for ip := range strings.SplitSeq(entity.Cut(value("queryResults"), 2000), ";") {
		if ip = address(ip); ip != "" {
			e.remoteAddr(ip, responder.ContextServer)
		}
	}
	if name := value("destinationHostname"); strings.Contains(name, ".") && !entity.IsLocal(address(value("destinationIp"))) && value("initiated") != "false" {
		e.add(responder.TypeDomain, name, "remote domain", responder.ContextRemote, responder.ContextServer)
	}
	e.host(win.at("system").text("computer"), "computer", "")
	e.further(value("commandLine"))
	e.further(value("scriptBlockText"))
}

// account is the name of a user without the domain.
func account(name string) string { return name[strings.LastIndexByte(name, '\\')+1:] }

// commonName is the first name in a distinguished one: "CN=bob,OU=…".
func commonName(name string) string {
	name, _, _ = strings.Cut(name, ",")
	return strings.TrimPrefix(name, "CN=")
}

// windowsFile adds a file; Defender writes file:_ before it.
func (e *entities) windowsFile(path string) {
	path = strings.TrimPrefix(path, "file:_")
	if path != "" && !isRegistry(path) && !strings.Contains(path, ":_") {
		e.add(responder.TypeFile, path, "file", responder.ContextFile, responder.ContextObject)
	}
}

// isRegistry says that a path leads into the registry of Windows, and to no file.
func isRegistry(path string) bool {
	root, _, ok := strings.Cut(path, `\`)
	switch strings.ToUpper(root) {
	case "HKLM", "HKU", "HKCU", "HKCR", "HKCC":
		return ok
	}
	return strings.HasPrefix(path, "HKEY_")
}

// windowsHashes reads "SHA1=…,MD5=…,SHA256=…,IMPHASH=…", of which the last is no hash of the file: many have the same.
func (e *entities) windowsHashes(hashes, file string) {
	for pair := range strings.SplitSeq(entity.Cut(hashes, 1000), ",") {
		switch kind, value, _ := strings.Cut(strings.TrimSpace(pair), "="); strings.ToUpper(kind) {
		case "SHA1", "MD5", "SHA256":
			e.hash(strings.TrimSpace(value), "file "+line(file, 150))
		}
	}
}

// ownEndOfWindows says which end of a connection is one's own: in Sysmon the source is who opened it.
func ownEndOfWindows(data object) string {
	event := windowsEvent(data).at("eventdata")
	switch {
	case event.text("sourceIp") == "":
		return ""
	case event.is("initiated"):
		return responder.ContextClient
	case event.text("initiated") == "false":
		return responder.ContextServer
	}
	return ""
}
