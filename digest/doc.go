// Package digest decides what goes to whom, and when.
//
// A Plan is one recurring message to one channel or person: a digest of the
// configuration, or all that one target subscribed to at one cadence. A Runner
// runs plans on their schedules:
//
//	what is new for the plan -> Compose -> Worth -> Render -> the ledger -> Post
//
// What decides is pure: Compose, Due, Worth, SubscriptionPlans, Settle and Why
// are functions of their arguments, time among them, and answer with a named
// Reason. The Runner around them only fetches, stores and waits.
//
// Two rules keep the promise that an item is in exactly one digest of a name.
// A plan goes by the News rank that the store gives an item when it stores it,
// never by a clock, so an item that came late is in the next digest. And the
// run, the items it shows and its deliveries are stored in one transaction,
// before anything is posted: what was decided is in the ledger, and what is in
// the ledger is posted until the receiver has said yes.
package digest
