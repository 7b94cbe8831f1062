package render

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// FromEnv reads the options of a function: REPORT_URL, an https URL with {report_id} in it, and LINK_HOSTS, names of hosts
// separated by commas. The error names what cannot be read.
func FromEnv(getenv func(name string) string) (Options, error) {
	o := Options{ReportURL: strings.TrimSpace(getenv("REPORT_URL"))}
	var errs []error
	if o.ReportURL != "" && !isReportURL(o.ReportURL) {
		errs = append(errs, fmt.Errorf("environment variable REPORT_URL: %.80q, expected https://… with %s in it, without user and password", o.ReportURL, placeholder))
	}
	for h := range strings.SplitSeq(getenv("LINK_HOSTS"), ",") {
		switch h = strings.ToLower(strings.TrimSpace(h)); {
		case h == "":
		case !isHost(h):
			errs = append(errs, fmt.Errorf("environment variable LINK_HOSTS: %.80q, expected names of hosts separated by commas, such as grafana.example.com", h))
		default:
			o.LinkHosts = append(o.LinkHosts, h)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return Options{}, err
	}
	return o, nil
}

// isReportURL says whether a text is an https URL of a host, with the place for the report's id behind it. The
// host is one's own: it may have a port, and be an address.
func isReportURL(s string) bool {
	before, _, ok := strings.Cut(s, placeholder)
	u, err := url.Parse(before)
	return ok && err == nil && u.Scheme == "https" && u.Hostname() != "" && !strings.Contains(u.Hostname(), ":") && u.User == nil && (u.Path != "" || u.RawQuery != "" || u.Fragment != "") &&
		!strings.ContainsAny(s, " \t\r\n\\") && len(s) <= maxURL
}
