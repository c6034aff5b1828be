"""UN/EDIFACT: customs declarations (CUSDEC) and customs responses (CUSRES)."""
