// Package feeds reads what the world publishes.
package feeds
