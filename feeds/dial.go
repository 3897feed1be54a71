package feeds

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// refused lists the networks that no foreign address may lead us into, each
// with the sentence a person gets to read. Sources: RFC 6890 and the IANA special
// purpose registries. IPv6 forms that carry an IPv4 address (mapped, NAT64,
// 6to4) are unwrapped before the look-up, see embedded.
var refused = []struct {
	net netip.Prefix
	say sentence
}{
	{netip.MustParsePrefix("0.0.0.0/8"), sayAddrUnspecified},
	{netip.MustParsePrefix("10.0.0.0/8"), sayAddrPrivate},
	{netip.MustParsePrefix("100.64.0.0/10"), sayAddrCarrier},
	{netip.MustParsePrefix("127.0.0.0/8"), sayAddrLoopback},
	{netip.MustParsePrefix("169.254.0.0/16"), sayAddrLinkLocal},
	{netip.MustParsePrefix("172.16.0.0/12"), sayAddrPrivate},
	{netip.MustParsePrefix("192.0.0.0/24"), sayAddrReserved},
	{netip.MustParsePrefix("192.0.2.0/24"), sayAddrReserved},
	{netip.MustParsePrefix("192.88.99.0/24"), sayAddrReserved}, // relays of 6to4
	{netip.MustParsePrefix("192.168.0.0/16"), sayAddrPrivate},
	{netip.MustParsePrefix("198.18.0.0/15"), sayAddrReserved},
	{netip.MustParsePrefix("198.51.100.0/24"), sayAddrReserved},
	{netip.MustParsePrefix("203.0.113.0/24"), sayAddrReserved},
	{netip.MustParsePrefix("224.0.0.0/4"), sayAddrMulticast},
	{netip.MustParsePrefix("240.0.0.0/4"), sayAddrReserved},
	{netip.MustParsePrefix("::/128"), sayAddrUnspecified},
	{netip.MustParsePrefix("::1/128"), sayAddrLoopback},
	{netip.MustParsePrefix("64:ff9b:1::/48"), sayAddrPrivate}, // local NAT64, RFC 8215
	{netip.MustParsePrefix("100::/64"), sayAddrReserved},
	{netip.MustParsePrefix("2001::/23"), sayAddrReserved}, // protocols; Teredo among them, which carries obfuscated IPv4
	{netip.MustParsePrefix("2001:db8::/32"), sayAddrReserved},
	{netip.MustParsePrefix("3fff::/20"), sayAddrReserved},
	{netip.MustParsePrefix("fc00::/7"), sayAddrPrivate},
	{netip.MustParsePrefix("fe80::/10"), sayAddrLinkLocal},
	{netip.MustParsePrefix("fec0::/10"), sayAddrPrivate},
	{netip.MustParsePrefix("ff00::/8"), sayAddrMulticast},
}

var (
	nat64   = netip.MustParsePrefix("64:ff9b::/96")
	sixTo4  = netip.MustParsePrefix("2002::/16")
	v4Compt = netip.MustParsePrefix("::/96")
	siit    = netip.MustParsePrefix("::ffff:0:0:0/96") // RFC 2765
	global  = netip.MustParsePrefix("2000::/3")        // all of IPv6 that is given out
)

// embedded gives the IPv4 address inside an IPv6 one, or the address itself.
func embedded(ip netip.Addr) netip.Addr {
	ip = ip.Unmap().WithZone("")
	if !ip.Is6() {
		return ip
	}
	b := ip.As16()
	switch {
	case nat64.Contains(ip), siit.Contains(ip):
		return netip.AddrFrom4([4]byte(b[12:16]))
	case sixTo4.Contains(ip):
		return netip.AddrFrom4([4]byte(b[2:6]))
	case v4Compt.Contains(ip) && ip != netip.IPv6Unspecified() && ip != netip.IPv6Loopback():
		return netip.AddrFrom4([4]byte(b[12:16]))
	}
	if b[8]&^2 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe { // ISATAP, RFC 5214
		return netip.AddrFrom4([4]byte(b[12:16]))
	}
	return ip
}

// addressError says that an address lies in a network we do not ask.
type addressError struct {
	addr netip.Addr
	say  sentence
}

func (e *addressError) Error() string {
	if e.say == sayAddrAstray {
		return e.say.with(e.addr)
	}
	return join(e.say.with(e.addr), cureAllow)
}

// astray tells an address that somebody else's redirect led to from one that
// stands on the list: to allow it is no cure.
func astray(err error, hops int) error {
	var addr *addressError
	if hops == 0 || !errors.As(err, &addr) {
		return err
	}
	return &addressError{addr.addr, sayAddrAstray}
}

// checkAddr refuses addresses outside the public internet, unless a network of
// allow holds them.
func checkAddr(ip netip.Addr, allow []netip.Prefix) error {
	plain := ip.Unmap().WithZone("")
	inner := embedded(ip)
	for _, p := range allow {
		if p.Contains(plain) || p.Contains(inner) {
			return nil
		}
	}
	for _, r := range refused {
		if r.net.Contains(plain) || r.net.Contains(inner) {
			return &addressError{plain, r.say}
		}
	}
	if inner.Is6() && !global.Contains(inner) {
		return &addressError{plain, sayAddrReserved}
	}
	return nil
}

// dialer connects to permitted addresses only. The check runs between name
// look-up and connect, on the very address that is connected to, so that a
// name which changes its answer (DNS rebinding) gains nothing.
// resolver nil is the system's.
func dialer(allow []netip.Prefix, resolver *net.Resolver) func(context.Context, string, string) (net.Conn, error) {
	d := &net.Dialer{
		Timeout:  10 * time.Second,
		Resolver: resolver,
		Control: func(network, address string, _ syscall.RawConn) error {
			if network != "tcp4" && network != "tcp6" {
				return errors.New("only TCP is dialled")
			}
			ap, err := netip.ParseAddrPort(address)
			if err != nil {
				return fmt.Errorf("dial %q: %w", address, err)
			}
			return checkAddr(ap.Addr(), allow)
		},
	}
	return d.DialContext
}
