// Package digest decides what goes to whom, and when.
package digest
