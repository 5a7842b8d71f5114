// Package chart draws charts as SVG, for light and dark pages.
package chart
