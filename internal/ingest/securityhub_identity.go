package ingest

import "strings"

// asffIdentity gives rule and key of a finding.
//
// A finding that GuardDuty sent to Security Hub is the incident of the one that it sends itself: same rule, same key.
// Of any other the key is the product's id, with the product, for which Security Hub vouches: none can speak of
// another's findings.
func asffIdentity(f object) (rule, key string) {
	product, _ := readARN(f.text("productArn"))
	kind := asffType(f)
	if arn, finding := guardDutyID(f); finding != "" && strings.Contains(kind, ":") {
		return kind, keyOf(asffAccount(f), arn.region, finding)
	}
	return line(asffRule(f, product.resource, kind), 2*maxName), keyOf(asffAccount(f), asffRegion(f), product.resource, f.text("id"))
}

// asffRule is what found it, in the product's words. For most that is the generator. It is not where that is the
// finding's own id, as it may be (Partner Integration Guide, "Guidelines for mapping findings into the AWS Security
// Finding Format (ASFF)"), or of one run (AWS Systems Manager User Guide, "Typical finding from Patch Manager"), or
// the product as a whole, which its type tells more of.
func asffRule(f object, product, kind string) string {
	product = strings.TrimPrefix(product, "product/")
	generator := f.text("generatorId")
	control, classic := f.at("compliance").text("securityControlId"), f.at("productFields").text("aws/inspector/id")
	switch {
	case product == "aws/securityhub" && control != "": // also where each standard has its own generators
		return "security-control/" + control
	case product == "aws/inspector" && classic != "":
		return "AWSInspector: " + classic
	case product == "aws/macie" && strings.Contains(kind, ":"):
		return kind
	case generator == "" || generator == product || generator == f.text("id") || isUUID(generator):
		return product + ": " + kind[strings.LastIndexByte(kind, '/')+1:]
	}
	return generator
}

// isUUID goes by the form: those of examples have other letters in them.
func isUUID(s string) bool {
	p := strings.Split(s, "-")
	return len(s) == 36 && len(p) == 5 && len(p[0]) == 8 && len(p[1]) == 4 && len(p[2]) == 4 && len(p[3]) == 4
}

// guardDutyID is GuardDuty's own id of its finding in Security Hub, and the ARN that ends with it. Whether a finding
// is GuardDuty's says the ARN of the product, which others cannot use.
func guardDutyID(f object) (resourceName, string) {
	product, _ := readARN(f.text("productArn"))
	arn, _ := readARN(f.text("id"))
	if product.service != "securityhub" || product.account != "" || product.resource != guardDutyProduct || arn.service != "guardduty" {
		return arn, ""
	}
	_, id, _ := strings.Cut(arn.resource, "/finding/")
	return arn, id
}

const guardDutyProduct = "product/aws/guardduty"

// asffType is the type of a finding in the product's own words, as far as they can be had: what it had first, since
// customers may change it.
func asffType(f object) string {
	types := f.at("findingProviderFields").texts("types")
	if types = append(types, f.texts("types")...); len(types) == 0 {
		return ""
	}
	for _, t := range types {
		if own := ownType(t); own != "" {
			return own
		}
	}
	return types[0]
}

// ownType is the type of a finding of GuardDuty, "Purpose:Resource/Family", that a type of Security Hub stands for
// (Amazon GuardDuty User Guide, "Interpreting GuardDuty finding names in AWS Security Hub CSPM"); empty where it is
// none.
//
// "TTPs/Initial Access/UnauthorizedAccess:EC2-SSHBruteForce" and "TTPs/AttackSequence:IAM/CompromisedCredentials" are
// the rule. Some have the purpose only as their category, "TTPs/Discovery/IAMUser-AnomalousBehavior"; of what is
// anomalous in Kubernetes the family is. The names that GuardDuty used until 2023 for findings about S3 and for
// DropPoint!DNS and DriveBySourceTraffic!DNS stand for several types and are taken as they are: two reports of one
// old incident, never one of two.
func ownType(t string) string {
	_, rest, _ := strings.Cut(t, "/")
	category, classifier := "", rest
	purpose, family, ok := strings.Cut(rest, ":")
	if slash := strings.LastIndexByte(purpose, '/'); ok && slash >= 0 {
		category, purpose, classifier = purpose[:slash], purpose[slash+1:], rest[slash+1:]
	}
	if !ok {
		category, family, ok = strings.Cut(rest, "/")
		purpose, classifier = strings.ReplaceAll(category, " ", ""), family
		if !ok || !guardDutyResource(family) {
			return ""
		}
	}
	if own := oddTypes[classifier]; own != "" {
		return own
	}
	resource, family, ok := cutAny(family, "/-")
	if !ok || purpose == "" {
		return ""
	}
	if category == "AnomalousBehavior" {
		family = category + "." + family
	}
	return purpose + ":" + resource + "/" + family
}

// oddTypes follow no rule.
var oddTypes = map[string]string{
	"EC2:Unusual-DNS-Resolver":                         "DefenseEvasion:EC2/UnusualDNSResolver",
	"EC2:Unusual-DoH-Activity":                         "DefenseEvasion:EC2/UnusualDoHActivity",
	"EC2:Unusual-DoT-Activity":                         "DefenseEvasion:EC2/UnusualDoTActivity",
	"Impact:Runtime-SuspiciousDomainRequest.Reputatio": "Impact:Runtime/SuspiciousDomainRequest.Reputation",
}

// guardDutyResource says whether a classifier without purpose is one of GuardDuty's: those of other products are
// sentences.
func guardDutyResource(classifier string) bool {
	return strings.HasPrefix(classifier, "IAMUser-") || strings.HasPrefix(classifier, "RDS-")
}

func cutAny(s, chars string) (before, after string, ok bool) {
	if i := strings.IndexAny(s, chars); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}
