package gateway_test

import (
	"net/netip"
	"testing"

	"purser/internal/delivery/gateway"
)

// TestOnlyTheInternetIsPublic has an address of each network that is not on it, in each form that leads there.
func TestOnlyTheInternetIsPublic(t *testing.T) {
	t.Parallel()
	for _, inside := range []string{
		"0.0.0.1", "10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.0.0.9", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.51.100.1",
		"203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:10.0.0.1", "::ffff:0:7f00:1", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "100:0:0:1::1",
		"2001::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "3fff:fff::1", "4000::1", "5f00::1", "fc00::1", "fd00::1", "fe80::1", "fe80::1%1", "fec0::1", "ff02::1",
	} {
		if gateway.IsPublic(netip.MustParseAddr(inside)) {
			t.Errorf("%s is taken for one of the internet", inside)
		}
	}
	for _, outside := range []string{"1.1.1.1", "142.250.74.10", "192.88.98.1", "198.20.0.1", "::ffff:1.1.1.1", "2001:4860:4860::8888", "2600:1901:0:5e8a::", "2a00:1450:4001:80b::200a", "3ffe::1"} {
		if !gateway.IsPublic(netip.MustParseAddr(outside)) {
			t.Errorf("%s is not taken for one of the internet", outside)
		}
	}
}

func TestAnAddressHasOneSpelling(t *testing.T) {
	t.Parallel()
	rules := gateway.EndpointRules{PublicOnly: true}
	const want = "https://push.example.com/x/Y%2fz?a=B"
	for _, spelled := range []string{
		want, "HTTPS://push.example.com/x/Y%2fz?a=B", "https://PUSH.Example.com/x/Y%2fz?a=B", "https://push.example.com./x/Y%2fz?a=B", "https://push.example.com:443/x/Y%2fz?a=B",
		"https://push.example.com:/x/Y%2fz?a=B", "https://push.example.com/x/Y%2fz?a=B#", "hTTps://PUSH.example.COM.:443/x/Y%2fz?a=B#",
	} {
		if err := rules.Check(spelled); err != nil {
			t.Errorf("%s: %v", spelled, err)
		}
		if got, err := rules.Canonical(spelled); got != want || err != nil {
			t.Errorf("%s is %s, %v", spelled, got, err)
		}
	}
	for spelled, want := range map[string]string{
		"https://push.example.com": "https://push.example.com/", "https://push.example.com:8443/x": "https://push.example.com:8443/x", "https://[2001:DB8::1]:443/x": "https://[2001:db8::1]/x",
	} {
		if got, err := rules.Canonical(spelled); got != want || err != nil {
			t.Errorf("%s is %s, %v", spelled, got, err)
		}
	}
	for _, foreign := range []string{"https://push。example。com/x", "https://①②⑦.0.0.1/x", "https://пуш.example.com/x"} {
		if rules.Check(foreign) == nil {
			t.Errorf("%s is taken", foreign)
		}
	}
}
