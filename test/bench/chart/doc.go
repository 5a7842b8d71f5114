// Package chart draws what was measured as SVG that can be read on light and on
// dark pages.
package chart
