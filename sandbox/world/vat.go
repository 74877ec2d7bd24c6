package world

// VAT is the VAT that an amount contains by the usual rate: 1/11 of it, rounded to
// the nearest. The amount is not negative.
func VAT(taxed int64) int64 {
	vat := taxed / 11
	if taxed%11 > 5 {
		vat++
	}
	return vat
}
