// Package report writes the alerts of a run as one page of HTML, which needs nothing but
// a browser: no network, no other files. Overviews are in the page as they are; alerts are
// data in it, from which its script makes cards as they are opened.
//
// Memory and the page are bounded, see [MaxAlerts] and maxDetails. Everything is counted,
// and the page says what it does not show.
package report
