package feeds

import (
	"bytes"
	"encoding/binary"
	"mime"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

var (
	xmlDeclaration = regexp.MustCompile(`(?i)^\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']`)
	bomUTF8        = []byte("\xef\xbb\xbf")
)

// decode turns a body into UTF-8. In order of trust: a byte order mark, the
// zero bytes of UTF-16, bytes that are valid UTF-8 whatever a label says (a
// false "ISO-8859-1" over UTF-8 is the commonest fault of German feeds, and
// other text is hardly ever valid UTF-8 by chance), the charset of the HTTP
// header, the one of the XML declaration, and at last UTF-8 in which single
// foreign bytes are read as Windows-1252.
func decode(body []byte, contentType string) []byte {
	if rest, ok := bytes.CutPrefix(body, bomUTF8); ok {
		return mend(rest)
	}
	if order, skip := utf16Order(body); order != nil {
		return fromUTF16(body[skip:], order)
	}
	if utf8.Valid(body) && !stateful(body) {
		return body
	}
	if _, params, err := mime.ParseMediaType(contentType); err == nil {
		if out, ok := decodeAs(body, params["charset"]); ok {
			return out
		}
	}
	if m := xmlDeclaration.FindSubmatch(body[:min(len(body), 1024)]); m != nil {
		if out, ok := decodeAs(body, string(m[1])); ok {
			return out
		}
	}
	return mend(body)
}

// stateful says whether ASCII bytes may stand for something else (ISO-2022-JP).
func stateful(body []byte) bool { return bytes.Contains(body, []byte("\x1b$")) }

// decodeAs decodes by a label. Labels that the bytes contradict are refused:
// UTF-8 (checked before) and UTF-16 without its zero bytes.
func decodeAs(body []byte, label string) ([]byte, bool) {
	if label == "" {
		return nil, false
	}
	enc, name := charset.Lookup(label)
	if enc == nil || name == "utf-8" || name == "replacement" || strings.HasPrefix(name, "utf-16") {
		return nil, false
	}
	if name == "windows-1252" && mostlyUTF8(body) {
		return nil, false // a Latin-1 label over UTF-8 with single broken bytes
	}
	out, err := decodeAll(enc, body)
	return out, err == nil
}

func decodeAll(enc encoding.Encoding, body []byte) ([]byte, error) {
	return enc.NewDecoder().Bytes(body)
}

// mostlyUTF8 says whether the bytes beyond ASCII form more whole UTF-8
// sequences than broken ones.
func mostlyUTF8(body []byte) bool {
	good, bad := sequences(body)
	return good > bad
}

// sequences counts whole UTF-8 sequences beyond ASCII, and bytes that belong to none.
func sequences(body []byte) (good, bad int) {
	for i := 0; i < len(body); {
		if body[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(body[i:])
		if surrogate(body[i:]) != 0 {
			n = 3 // a fault, but of UTF-8
		} else if r == utf8.RuneError && n == 1 {
			bad++
		} else {
			good++
		}
		i += n
	}
	return good, bad
}

// mend keeps what is UTF-8 and reads every other byte as Windows-1252.
// Surrogates that were written as three bytes (CESU) are joined where they pair.
func mend(body []byte) []byte {
	if utf8.Valid(body) {
		return body
	}
	if good, bad := sequences(body); bad > 2*good { // no UTF-8 at all: what is valid is so by chance ("ß“")
		if out, err := charmap.Windows1252.NewDecoder().Bytes(body); err == nil {
			return out
		}
	}
	out := make([]byte, 0, len(body)+len(body)/8)
	for i := 0; i < len(body); {
		if body[i] < utf8.RuneSelf {
			out = append(out, body[i])
			i++
			continue
		}
		r, n := utf8.DecodeRune(body[i:])
		if r != utf8.RuneError || n > 1 {
			out = append(out, body[i:i+n]...)
			i += n
			continue
		}
		if hi := surrogate(body[i:]); hi != 0 {
			if lo := surrogate(body[i+3:]); lo != 0 {
				if r := utf16.DecodeRune(hi, lo); r != utf8.RuneError {
					out, i = utf8.AppendRune(out, r), i+6
					continue
				}
			}
			i += 3 // half a character says nothing
			continue
		}
		if r := charmap.Windows1252.DecodeByte(body[i]); r != utf8.RuneError {
			out = utf8.AppendRune(out, r)
		}
		i++
	}
	return out
}

// surrogate reads a surrogate half in three bytes; 0: there is none.
func surrogate(b []byte) rune {
	if len(b) < 3 || b[0] != 0xed || b[1] < 0xa0 || b[1] > 0xbf || b[2]&0xc0 != 0x80 {
		return 0
	}
	return rune(0xd000) | rune(b[1]&0x3f)<<6 | rune(b[2]&0x3f)
}

// utf16Order finds UTF-16 by its byte order mark or by the zero bytes around
// the first "<", and says how many bytes of mark to skip. nil: it is not.
func utf16Order(body []byte) (binary.ByteOrder, int) {
	switch {
	case bytes.HasPrefix(body, []byte{0xff, 0xfe}):
		return binary.LittleEndian, 2
	case bytes.HasPrefix(body, []byte{0xfe, 0xff}):
		return binary.BigEndian, 2
	case bytes.HasPrefix(body, []byte{'<', 0}), bytes.HasPrefix(body, []byte{'{', 0}):
		return binary.LittleEndian, 0
	case bytes.HasPrefix(body, []byte{0, '<'}), bytes.HasPrefix(body, []byte{0, '{'}):
		return binary.BigEndian, 0
	}
	return nil, 0
}

func fromUTF16(body []byte, order binary.ByteOrder) []byte {
	out := make([]byte, 0, len(body))
	for i := 0; i+1 < len(body); i += 2 {
		r := rune(order.Uint16(body[i:]))
		if utf16.IsSurrogate(r) {
			if i+3 < len(body) {
				if joined := utf16.DecodeRune(r, rune(order.Uint16(body[i+2:]))); joined != utf8.RuneError {
					out, i = utf8.AppendRune(out, joined), i+2
				}
			}
			continue
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}
