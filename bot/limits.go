package bot

// What Slack accepts (docs.slack.dev, Block Kit reference; chat.postMessage).
// Characters are counted as UTF-16 units, the largest of what Slack may mean.
const (
	maxBlocks      = 50   // blocks in a message
	maxViewBlocks  = 100  // blocks in a Home view
	maxSection     = 3000 // section.text
	maxHeader      = 150  // header.text
	maxElements    = 10   // elements of a context block
	maxActions     = 25   // elements of an actions block
	maxButtonText  = 75
	maxButtonValue = 2000
	maxLabel       = 75  // accessibility_label
	maxID          = 255 // action_id, block_id
	maxText        = 4000

	// chat.postMessage answers msg_blocks_too_long although every block is
	// legal; the sum is undocumented. These stay below every report of it:
	// the characters of all blocks and blockCost for each of them.
	maxTotal  = 10000
	blockCost = 150

	// What we fill, five in a hundred below.
	fillTotal   = 9500
	fillSection = 2850
	fillText    = 3800
)

// What we show of foreign text, in characters.
const (
	showTitle  = 280
	showTeaser = 200
	showSource = 80
	showWord   = 60
	showWords  = 6 // words that matched
	showTopics = 5 // further topics
	showQuery  = 300
	showReason = 400
)
