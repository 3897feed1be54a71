// Package article reads the page of an article: its text without what stands
// around it, and what the outlet says about it.
//
// A page holds much that is not the article: navigation, teasers of other
// articles, a list of "Weitere Meldungen", the publisher's description of
// itself. A word that stands only there must not decide what the article is
// about. So [Extract] works in three steps: it cuts from the page what German
// trade press, ministries and associations mark as something else (plan.go),
// lets a parser find the body (go-trafilatura, with its fallbacks), and cuts
// once more in what the parser found. What is no text but a statement about it
// is taken off and told as a field: the outlet's own keywords
// ("Stichwörter: ..."), the dateline ("[9.3.2021]", "Schwerin, 9. März 2021")
// and the author's code ("(sib)").
//
// The package asks nothing of the network and keeps no state; its functions
// may be called concurrently. Whatever a page holds, Extract neither panics
// nor runs for long: size, depth and number of elements are bounded before
// anything is parsed.
package article
