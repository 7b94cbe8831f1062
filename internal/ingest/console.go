package ingest

import "strings"

// consoleLink leads to a service's console. The region comes from outside, and stands in a host's name: there is no
// link for what is none.
func consoleLink(region, service, fragment string) string {
	if region == "" || strings.Trim(region, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return ""
	}
	host := region + ".console.aws.amazon.com"
	switch partitionOf(region) {
	case "aws-cn":
		host = "console.amazonaws.cn"
	case "aws-us-gov":
		host = "console.amazonaws-us-gov.com"
	case "aws-eusc":
		host = region + ".console.amazonaws-eusc.eu"
	case "": // closed networks, whose consoles no document names
		return ""
	}
	return "https://" + host + "/" + service + "/home?region=" + region + "#" + fragment
}

// partitionOf gives the partition of a region; empty for those of closed networks.
func partitionOf(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	case strings.HasPrefix(region, "eusc-"):
		return "aws-eusc"
	case strings.Contains(region, "-iso"):
		return ""
	}
	return "aws"
}

// makeARN makes an ARN of a form such as "ec2:volume/", whose resource follows. There is none where account or region
// are not known.
func makeARN(form, region, account, resource string) string {
	partition := partitionOf(region)
	service, kind, _ := strings.Cut(form, ":")
	if form == "" || partition == "" || region == "" || len(account) != 12 || resource == "" {
		return ""
	}
	if service == "cloudfront" || service == "iam" { // of no region
		region = ""
	}
	return "arn:" + partition + ":" + service + ":" + region + ":" + account + ":" + kind + resource
}
