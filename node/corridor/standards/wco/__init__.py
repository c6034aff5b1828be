"""WCO Data Model: declarations (DEC) and responses (RES) as customs systems write them in XML."""
