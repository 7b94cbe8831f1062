package ingest

import (
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// runtime is what a process did on one's own machine (API Reference, RuntimeDetails).
func (s *suspects) runtime(r object) {
	p, c := r.at("process"), r.at("context")
	s.process(p, "process", responder.ContextSubject)
	s.process(c.at("modifyingProcess"), "modifying process", responder.ContextSubject)
	s.process(c.at("targetProcess"), "target process", responder.ContextObject)
	for _, l := range p.objects("lineage") {
		s.own(responder.TypeProcess, or(l.text("executablePath"), l.text("name")), "ancestor of "+line(p.text("name"), 80), "")
	}
	s.hash(c.text("moduleSha256"), "kernel module "+line(c.text("moduleName"), 80))
	for _, f := range [][2]string{
		{"threatFilePath", "file of a threat"}, {"scriptPath", "script"}, {"libraryPath", "library"}, {"moduleFilePath", "kernel module"},
		{"socketPath", "socket"}, {"runcBinaryPath", "runc binary"}, {"releaseAgentPath", "release agent"}, {"mountSource", "mount source"},
		{"mountTarget", "mount target"}, {"shellHistoryFilePath", "shell history"}, {"filePath", "file"},
	} {
		s.file(c.text(f[0]), f[1])
	}
	for _, path := range strings.FieldsFunc(c.text("ldPreloadValue"), func(r rune) bool { return r == ':' || r == ' ' }) {
		s.file(path, "LD_PRELOAD")
	}
	for _, path := range c.texts("relatedFilePaths") {
		s.file(path, "related file")
	}
}

func (s *suspects) process(p object, key, part string) {
	s.hash(p.text("executableSha256"), "executable of "+line(p.text("name"), 80))
	s.own(responder.TypeProcess, or(p.text("executablePath"), p.text("name")), key, part)
	s.own(responder.TypeUsername, p.text("user"), "user of "+key, part)
}

// threats are the files that somebody knows as malware: a list of threats, or a scan of volumes, of objects or of backups.
func (s *suspects) threats(service object) {
	for _, t := range service.at("evidence").objects("threatIntelligenceDetails") {
		s.hash(t.text("threatFileSha256"), "file of "+line(strings.Join(t.texts("threatNames"), ", "), 150))
	}
	for _, details := range service.objects("ebsVolumeScanDetails") {
		for _, t := range details.at("scanDetections", "threatDetectedByName").objects("threatNames") {
			for _, f := range t.objects("filePaths") {
				s.malware(t.text("name"), f.text("hash"), or(f.text("filePath"), f.text("fileName")))
				s.arn(f.text("volumeArn"), responder.ContextObject)
			}
		}
	}
	for _, t := range service.at("malwareScanDetails").objects("threats") {
		s.malware(t.text("name"), t.text("hash"), "")
		for _, i := range append(t.objects("itemDetails"), t.objects("itemPaths")...) {
			s.malware(t.text("name"), i.text("hash"), or(i.text("itemPath"), i.text("nestedItemPath")))
			s.scanned(i.text("resourceArn"))
		}
	}
}

// malware adds a file that a scan found.
func (s *suspects) malware(threat, hash, path string) {
	s.hash(hash, "file "+line(or(path, "of "+threat), 150))
	s.file(path, "file of "+line(threat, 150))
	s.pack()
}

// scanned adds the resource in which a scan found something.
func (s *suspects) scanned(arn string) {
	s.arn(arn, responder.ContextObject)
	s.object(arn)
}
