package actions

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// values are those of a list of a request.
func values(form url.Values, name string) (list []string) {
	for n := 1; form.Get(fmt.Sprintf("%s.%d", name, n)) != ""; n++ {
		list = append(list, form.Get(fmt.Sprintf("%s.%d", name, n)))
	}
	return list
}

// filter says whether something with these attributes passes the filters of a request.
func filter(form url.Values, attributes map[string]string) bool {
	for n, name := range values2(form) {
		if !slices.Contains(values(form, fmt.Sprintf("Filter.%d.Value", n+1)), attributes[name]) {
			return false
		}
	}
	return true
}

func values2(form url.Values) (list []string) {
	for n := 1; form.Get(fmt.Sprintf("Filter.%d.Name", n)) != ""; n++ {
		list = append(list, form.Get(fmt.Sprintf("Filter.%d.Name", n)))
	}
	return list
}

func (f *fake) interfaceXML(id string) string {
	i := f.Interface[id]
	s := "<item><networkInterfaceId>" + id + "</networkInterfaceId><vpcId>" + i.VPC + "</vpcId><groupSet>"
	for _, g := range i.Groups {
		s += "<item><groupId>" + g + "</groupId><groupName>" + f.Groups[g].Name + "</groupName></item>"
	}
	return s + "</groupSet></item>"
}

func rulesXML(rules map[string]bool) (s string) {
	for _, r := range slices.Sorted(maps.Keys(rules)) {
		protocol, cidr, _ := strings.Cut(r, " ")
		s += "<item><ipProtocol>" + strings.Split(protocol, "/")[0] + "</ipProtocol>"
		if strings.Contains(cidr, ":") {
			s += "<ipv6Ranges><item><cidrIpv6>" + cidr + "</cidrIpv6></item></ipv6Ranges></item>"
		} else {
			s += "<ipRanges><item><cidrIp>" + cidr + "</cidrIp></item></ipRanges></item>"
		}
	}
	return s
}

func (f *fake) ec2(action string, form url.Values) (string, error) {
	switch action {
	case "DescribeInstances":
		id := form.Get("InstanceId.1")
		in := f.Instances[id]
		if in == nil {
			return "", fault{400, "InvalidInstanceID.NotFound"}
		}
		interfaces := ""
		for _, i := range slices.Sorted(maps.Keys(f.Interface)) {
			if f.Interface[i].Instance == id {
				interfaces += f.interfaceXML(i)
			}
		}
		return fmt.Sprintf("<R><reservationSet><item><ownerId>%s</ownerId><instancesSet><item><instanceId>%s</instanceId><instanceState><name>%s</name></instanceState><iamInstanceProfile><arn>%s</arn></iamInstanceProfile>"+
			"<blockDeviceMapping><item><ebs><volumeId>vol-1</volumeId></ebs></item></blockDeviceMapping><networkInterfaceSet>%s</networkInterfaceSet><tagSet>%s</tagSet></item></instancesSet></item></reservationSet></R>",
			in.Owner, id, in.State, in.Profile, interfaces, tagsXML(in.Tags, "item", "key", "value")), nil
	case "DescribeNetworkInterfaces":
		s := ""
		for _, id := range slices.Sorted(maps.Keys(f.Interface)) {
			if filter(form, map[string]string{"network-interface-id": id}) {
				s += f.interfaceXML(id)
			}
		}
		return "<R><networkInterfaceSet>" + s + "</networkInterfaceSet></R>", nil
	case "DescribeSecurityGroups":
		s := ""
		for _, id := range slices.Sorted(maps.Keys(f.Groups)) {
			if g := f.Groups[id]; filter(form, map[string]string{"group-id": id, "vpc-id": g.VPC, "group-name": g.Name}) {
				s += "<item><groupId>" + id + "</groupId><groupName>" + g.Name + "</groupName><ipPermissions>" + rulesXML(g.In) + "</ipPermissions><ipPermissionsEgress>" + rulesXML(g.Out) + "</ipPermissionsEgress></item>"
			}
		}
		return "<R><securityGroupInfo>" + s + "</securityGroupInfo></R>", nil
	case "CreateSecurityGroup":
		for _, g := range f.Groups {
			if g.VPC == form.Get("VpcId") && g.Name == form.Get("GroupName") {
				return "", fault{400, "InvalidGroup.Duplicate"}
			}
		}
		id := "sg-of-" + form.Get("VpcId") + "-" + form.Get("TagSpecification.1.Tag.1.Value")
		f.Groups[id] = &fakeGroup{VPC: form.Get("VpcId"), Name: form.Get("GroupName"), Tag: form.Get("TagSpecification.1.Tag.1.Value"), In: map[string]bool{}, Out: map[string]bool{"-1 0.0.0.0/0": true}}
		return "<R><groupId>" + id + "</groupId></R>", nil
	case "DescribeSnapshots":
		s := ""
		for _, tag := range f.Snapshots {
			if filter(form, map[string]string{"tag:" + tagKey: tag}) {
				s += "<item><snapshotId>snap-1</snapshotId></item>"
			}
		}
		return "<R><snapshotSet>" + s + "</snapshotSet></R>", nil
	case "CreateSnapshots":
		f.Snapshots = append(f.Snapshots, form.Get("TagSpecification.1.Tag.1.Value"))
		return "<R><snapshotSet><item><snapshotId>snap-1</snapshotId></item></snapshotSet></R>", nil
	case "ModifyNetworkInterfaceAttribute":
		return f.modifyInterface(form)
	case "CreateTags", "DeleteTags":
		in := f.Instances[form.Get("ResourceId.1")]
		if in == nil {
			return "", fault{400, "InvalidInstanceID.NotFound"}
		}
		if action == "CreateTags" {
			in.Tags[form.Get("Tag.1.Key")] = form.Get("Tag.1.Value")
		} else if in.Tags[form.Get("Tag.1.Key")] == form.Get("Tag.1.Value") {
			delete(in.Tags, form.Get("Tag.1.Key"))
		}
		return "<R/>", nil
	}
	return f.changeGroup(action, form)
}

func (f *fake) modifyInterface(form url.Values) (string, error) {
	i := f.Interface[form.Get("NetworkInterfaceId")]
	if i == nil {
		return "", fault{400, "InvalidNetworkInterfaceID.NotFound"}
	}
	groups := values(form, "SecurityGroupId")
	for _, g := range groups {
		if f.Groups[g] == nil || f.Groups[g].VPC != i.VPC {
			return "", fault{400, "InvalidGroup.NotFound"}
		}
	}
	if len(groups) == 0 {
		return "", fault{400, "InvalidParameterCombination"}
	}
	i.Groups = groups
	return "<R/>", nil
}

func (f *fake) changeGroup(action string, form url.Values) (string, error) {
	id := form.Get("GroupId")
	g := f.Groups[id]
	if g == nil {
		return "", fault{400, "InvalidGroup.NotFound"}
	}
	rule := form.Get("IpPermissions.1.IpProtocol") + " " + form.Get("IpPermissions.1.IpRanges.1.CidrIp") + form.Get("IpPermissions.1.Ipv6Ranges.1.CidrIpv6")
	rules := g.Out
	if strings.HasSuffix(action, "Ingress") {
		rules = g.In
	}
	switch action {
	case "RevokeSecurityGroupEgress":
		if !rules[rule] {
			return "", fault{400, "InvalidPermission.NotFound"}
		}
		delete(rules, rule)
	case "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress":
		if rules[rule] {
			return "", fault{400, "InvalidPermission.Duplicate"}
		}
		rules[rule] = true
	case "DeleteSecurityGroup":
		for _, i := range f.Interface {
			if slices.Contains(i.Groups, id) {
				return "", fault{400, "DependencyViolation"}
			}
		}
		delete(f.Groups, id)
	default:
		return "", fault{400, "InvalidAction"}
	}
	return "<R/>", nil
}
