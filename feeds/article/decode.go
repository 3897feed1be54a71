package article

import (
	"bytes"
	"encoding/binary"
	"mime"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// decode turns a page into UTF-8. In order of trust: a byte order mark, bytes
// that are valid UTF-8 whatever a label says, the charset of the HTTP header,
// the one the page declares (HTML, 13.2.3.2), and at last Windows-1252.
func decode(body []byte, contentType string) []byte {
	body, wide := bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), body
	switch {
	case bytes.HasPrefix(wide, []byte{0xff, 0xfe}):
		return fromUTF16(wide[2:], binary.LittleEndian)
	case bytes.HasPrefix(wide, []byte{0xfe, 0xff}):
		return fromUTF16(wide[2:], binary.BigEndian)
	case utf8.Valid(body) && !bytes.Contains(body, []byte("\x1b$")):
		return body
	}
	if _, params, err := mime.ParseMediaType(contentType); err == nil {
		if out, ok := decodeAs(body, params["charset"]); ok {
			return out
		}
	}
	enc, name, _ := charset.DetermineEncoding(body[:min(len(body), 1024)], "")
	if name != "utf-8" && !strings.HasPrefix(name, "utf-16") && !mostlyUTF8(body) {
		if out, err := convert(enc, body); err == nil {
			return out
		}
	}
	return mend(body)
}

// convert decodes into a buffer that need not grow.
func convert(enc encoding.Encoding, body []byte) ([]byte, error) {
	out, _, err := transform.Append(enc.NewDecoder(), make([]byte, 0, 2*len(body)), body)
	return out, err
}

// decodeAs decodes by a label, unless the bytes contradict it.
func decodeAs(body []byte, label string) ([]byte, bool) {
	enc, name := charset.Lookup(label)
	if enc == nil || name == "utf-8" || name == "replacement" || strings.HasPrefix(name, "utf-16") || mostlyUTF8(body) {
		return nil, false
	}
	out, err := convert(enc, body)
	return out, err == nil
}

// mostlyUTF8 says whether the bytes beyond ASCII form more whole UTF-8
// sequences than broken ones: a page of UTF-8 with single broken bytes.
func mostlyUTF8(body []byte) bool {
	good, bad := 0, 0
	for i := 0; i < len(body); {
		if body[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(body[i:])
		if r == utf8.RuneError && n == 1 {
			bad++
		} else {
			good++
		}
		i += n
	}
	return good > bad
}

// mend keeps what is UTF-8 and reads every other byte as Windows-1252.
func mend(body []byte) []byte {
	out := make([]byte, 0, len(body)+len(body)/8)
	for i := 0; i < len(body); {
		r, n := utf8.DecodeRune(body[i:])
		if r == utf8.RuneError && n == 1 {
			r = charmap.Windows1252.DecodeByte(body[i])
		}
		out = utf8.AppendRune(out, r)
		i += n
	}
	return out
}

func fromUTF16(body []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, len(body)/2)
	for i := range units {
		units[i] = order.Uint16(body[2*i:])
	}
	return []byte(string(utf16.Decode(units)))
}

// clean gives text on one line: composed, spaces single, nothing that cannot
// be seen but moves what can.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\u00ad', r == '\u200b', r == '\ufeff', r == '\u2060', r == utf8.RuneError, unicode.Is(unicode.Bidi_Control, r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
	return norm.NFC.String(strings.Join(strings.Fields(s), " "))
}
