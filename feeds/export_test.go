package feeds

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
)

// Through leads the connections of a client into a network of the test's own.
// Addresses are checked as they are on the real one, after the look-up and
// before connecting; only look-up and connection are the test's.
func (c *Client) Through(lookUp func(host string) (netip.Addr, error), connect func(context.Context, netip.AddrPort) (net.Conn, error), roots *x509.CertPool) {
	tr := c.http.Transport.(*http.Transport)
	tr.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	tr.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		ip, err := netip.ParseAddr(host)
		if err != nil {
			if ip, err = lookUp(host); err != nil {
				return nil, err
			}
		}
		if err := checkAddr(ip, c.opts.AllowNetworks); err != nil {
			return nil, &net.OpError{Op: "dial", Net: network, Err: err}
		}
		to, err := netip.ParseAddrPort(net.JoinHostPort(ip.String(), port))
		if err != nil {
			return nil, err
		}
		return connect(ctx, to)
	}
}

// RaceFactor allows for the race detector's slowness.
const RaceFactor = raceFactor
