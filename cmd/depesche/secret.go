package main

import (
	"encoding/json"
	"log/slog"
)

// Secret is a text that never prints itself. Only its conversion to string
// gives it away, which is easy to search for.
type Secret string

const hidden = "[secret]"

// String hides the secret from fmt and from whoever logs it.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return `"` + s.String() + `"` }

// LogValue hides the secret from log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON hides the secret from encoding/json.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// MarshalText hides the secret from encoders of text.
func (s Secret) MarshalText() ([]byte, error) { //nolint:unparam // encoding.TextMarshaler
	return []byte(s.String()), nil
}
