package intel_test

import (
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/assert"
	"golang.org/x/net/idna"
	"pgregory.net/rapid"

	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// What a link says behind its host, however it is wrapped.
func TestWhatALinkSays(t *testing.T) {
	o := own(t, "own.org,xn--bcher-kva.net,9.9.9.0/24,2620:fe::/48")
	mail := base64.StdEncoding.EncodeToString([]byte("bob@own.org"))
	deep := base64.RawURLEncoding.EncodeToString([]byte("x?m=bob%40own.org"))
	for why, values := range map[string][]string{
		"own domain": {
			"https://evil.com/?x=100%&m=bob%40own.org", "https://evil.com/?x=%zz&m=bob%2540own%252eorg", "https://evil.com/?m=bob%25252540own.org",
			"https://evil.com/?m=" + mail, "https://evil.com/x/" + deep + "/y", "https://evil.com/?m=bob@bücher.net", "https://evil.com/?m=bob%40b%C3%BCcher.net",
			"https://evil.com/?m=bob@BÜCHER.net", "https://evil.com/?m=bob@XN--BCHER-KVA.net",
		},
		"an address of the organization's own": {
			"https://evil.com/?ip=9.9.9.7", "https://evil.com/?to=http://10.1.2.3/admin", "https://evil.com/192.168.1.4:80/x", "https://evil.com/?to=http%3A%2F%2F10.1.2.3%2Fadmin",
			"https://evil.com/?to=http://[2620:fe::9]/", "https://evil.com/?ip=::ffff:9.9.9.1",
		},
		"may be a secret": {
			"https://evil.com/?reset_token=abc", "https://evil.com/?oauth_token=abc", "https://evil.com/?x=%zz&%74oken=1", "https://evil.com/?User_Password=1",
			"https://evil.com/app;jsessionid=AB12", "https://evil.com/?to=https%3A%2F%2Fx.com%2F%3Fsig%3Dab", "https://bl.blob.core.windows.net/x?sv=1&sig=ab%3D",
		},
		"": {
			"https://evil.com/v1.2.3.4/x", "https://evil.com/v10.2.3.4/x", "https://evil.com/aGVsbG8gd29ybGQgdGhpcyBpcw==/index.php", "https://evil.com/?v=110.1.2.3", "https://evil.com/?ip=9.9.8.7",
			"https://evil.com/?author=bob&tokens=", "https://evil.com/?m=bob@bucher.net", "https://evil.com/?m=xn--bcher-kvb.net", "https://evil.com/%E3%81%82?q=%",
		},
	} {
		for _, v := range values {
			got := o.Withhold(attr("url", v))
			assert.Contains(t, got, why, v)
			assert.Equal(t, why == "", got == "", v)
		}
	}
}

// A name of one's own is found in the letters that people write, as the tables of the internet spell it.
func TestNamesInOtherLetters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		label := rapid.StringMatching(`[a-zäöüßéñ日本語привет]{1,12}`).Draw(t, "label")
		name, err := idna.Punycode.ToASCII(label + ".example.com")
		if err != nil {
			t.Skip(err)
		}
		o, err := intel.ParseOwn(name)
		if err != nil {
			t.Fatal(err)
		}
		if o.Withhold(attr("url", "https://evil.com/?m=bob@"+label+".example.com")) == "" {
			t.Fatalf("%s as %s", name, label)
		}
	})
}

func FuzzWithholdURL(f *testing.F) {
	f.Add("xn--bcher-kva.net", "https://evil.com/?m=%40b%C3%BCcher.net&x=Ym9iQG93bi5vcmc")
	f.Add("xn--a-99999999.net", "https://evil.com/%")
	f.Add("xn---.net", "https://evil.com/;;=?")
	f.Fuzz(func(t *testing.T, domains, value string) {
		o, err := intel.ParseOwn(domains)
		if err != nil {
			return
		}
		assert.Equal(t, o.Withhold(attr("url", value)), o.Withhold(attr("url", value)))
		for _, d := range o.Domains {
			assert.NotEmpty(t, o.Withhold(attr("url", "https://evil.com/?m=bob%40"+d)), d)
		}
	})
}
