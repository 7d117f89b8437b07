// Package house keeps the order of the house: its tests read the source and fail when a package imports from a floor above
// it, when GORM is spoken outside a store, when a rule reads the wall clock, or when something public has no word of
// explanation. It has no code of its own.
package house
