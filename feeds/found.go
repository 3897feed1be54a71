package feeds

import "depesche/feeds/keyword"

// Found is one hit of a search: the item, and the places that made it one.
type Found struct {
	Item
	Hits []keyword.Hit
}
