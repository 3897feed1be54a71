// Package keyword knows German words and the one query language of Depesche.
package keyword
